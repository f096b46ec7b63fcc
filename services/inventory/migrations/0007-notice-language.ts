export const noticeLanguage = `
-- BCP 47 tag of the language in which a notice is wanted; empty: the shop's.
alter table stock_notice add column language text not null default '';
`;
