export const olderProcesses = `
-- While a new version is rolled out, processes from before "received" go on capturing and refunding without it. What
-- they take or give back was the whole amount, as 0004 has it of what they wrote earlier. Nobody else leaves 0 there.
create function received_whole() returns trigger language plpgsql as $$
begin
  new.received := new.amount;
  return new;
end $$;
create trigger payment_received_whole before insert or update on payment for each row
  when (new.received = 0 and (new.state = 'CAPTURED' or new.refunded > 0))
  execute function received_whole();
`;
