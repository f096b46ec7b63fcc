export const template = `
-- A merchant's words in place of Rowlock's own, for one event in one language. What is empty is Rowlock's.
create table template (
  event text not null,
  language text not null,
  subject text not null,
  html text not null,
  text text not null,
  sms text not null,
  -- A new one with each change, also after the template was deleted and written anew.
  etag text not null,
  update_time timestamptz not null,
  constraint template_pkey primary key (event, language)
);
`;
