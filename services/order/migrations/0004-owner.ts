export const owner = `
create index orders_by_owner on orders (owner, id desc);
`;
