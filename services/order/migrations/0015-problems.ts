export const problems = `
-- What jobs of orders could not do, though they tried several times, until it is done or taken up anew.
create table problem (
  id text not null,
  -- One row for each job, which may go on trying.
  job_id text not null,
  order_id text not null,
  queue text not null,
  -- What the job carries, to be enqueued anew.
  data jsonb not null,
  message text not null,
  attempts integer not null,
  given_up boolean not null,
  create_time timestamptz not null default now(),
  update_time timestamptz not null default now(),
  constraint problem_pkey primary key (id),
  constraint problem_job_key unique (job_id)
);
create index problem_by_order on problem (order_id);
`;
