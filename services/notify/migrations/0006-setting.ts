export const setting = `
-- Whether an event is told by e-mail and by text message, where the shop has said so.
create table setting (
  event text not null,
  email boolean not null,
  sms boolean not null,
  constraint setting_pkey primary key (event)
);
`;
