export const owner = `
-- A cart expires a fixed time after its last change, so this is the order of the changes, too.
create index cart_by_owner on cart ((doc ->> 'owner'), expire_time desc);
`;
