-- Why: conversations and proposals nobody answered must not grow for ever.
-- Objects: the schedule clean-director. Locks: the rows it deletes. Deploy order: any.
-- Undo: select cron.unschedule('clean-director').
--
-- Ten minutes after clean-history. What was confirmed stays: it says what a person agreed to. The newest 500
-- messages are more than the 240 an hour's turns can make, so the limit of turns still counts all it looks at.
select cron.schedule('clean-director', '27 3 * * *', $$
  delete from public.director_proposals
  where confirmed_at is null and created_at < now() - interval '30 days';
  delete from public.director_messages where id in (
    select n.id from (
      select m.id, row_number() over (partition by m.project_id order by m.created_at desc, m.id) as place
      from public.director_messages as m
    ) as n
    where n.place > 500
  );
$$);
