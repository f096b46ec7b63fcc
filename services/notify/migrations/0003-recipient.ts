export const recipient = `
-- Erasing a person finds the e-mails of their account by where they went.
create index message_of_recipient on message (recipient) where order_id = '';
`;
