import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Cron } from "croner";
import fc from "fast-check";
import type postgres from "postgres";
import { rehearse, startTemporaryPostgres, type TemporaryPostgres } from "../temporary_postgres.ts";

let database: TemporaryPostgres;
Deno.test.beforeAll(async () => {
  database = await startTemporaryPostgres(`
    create extension if not exists pg_cron;
    create role clerk login;
    create role other_clerk login;
    create role group_of_clerks nologin;
    grant usage on schema cron to clerk, other_clerk;
  `);
  await database.sql`create database closed`;
  await database.sql`revoke connect on database closed from public`;
});
Deno.test.afterAll(() => database?.remove());

const as = <T>(role: string, work: (sql: postgres.TransactionSql) => Promise<T>) =>
  rehearse(database.sql, role, work);

Deno.test("create extension pg_cron works with pg_cron's own schema clause and refuses another", async () => {
  await as("postgres", async (sql) => {
    await sql`drop extension pg_cron cascade`;
    await sql`create extension pg_cron with schema pg_catalog`;
    return await sql`select cron.schedule('* * * * *', 'select 1')`;
  });
  await rejects(
    as("postgres", async (sql) => {
      await sql`drop extension pg_cron cascade`;
      return await sql`create extension pg_cron with schema public`;
    }),
    { message: 'extension "pg_cron" must be installed in schema "pg_catalog"' },
  );
});

Deno.test("cron.job and cron.job_run_details have pg_cron's columns", async () => {
  const rows = await database.sql`
    select table_name, string_agg(column_name || ' ' || data_type, ', ' order by ordinal_position) as columns
    from information_schema.columns where table_schema = 'cron' group by 1 order by 1`;
  deepEqual([...rows], [
    {
      table_name: "job",
      columns: "jobid bigint, schedule text, command text, nodename text, nodeport integer, " +
        "database text, username text, active boolean, jobname text",
    },
    {
      table_name: "job_run_details",
      columns: "jobid bigint, runid bigint, job_pid integer, database text, username text, " +
        "command text, status text, return_message text, start_time timestamp with time zone, " +
        "end_time timestamp with time zone",
    },
  ]);
});

Deno.test("cron functions have pg_cron's names, parameters and results", async () => {
  const rows = await database.sql`
    select p.proname || '(' || pg_get_function_arguments(p.oid) || ') ' || pg_get_function_result(p.oid) as f
    from pg_proc as p
    where p.pronamespace = 'cron'::regnamespace and p.proname not like '\\_%' order by 1`;
  deepEqual(rows.map((row) => row.f), [
    "alter_job(job_id bigint, schedule text DEFAULT NULL::text, command text DEFAULT NULL::text, " +
    "database text DEFAULT NULL::text, username text DEFAULT NULL::text, active boolean DEFAULT NULL::boolean) void",
    "schedule(job_name text, schedule text, command text) bigint",
    "schedule(schedule text, command text) bigint",
    "schedule_in_database(job_name text, schedule text, command text, database text, " +
    "username text DEFAULT NULL::text, active boolean DEFAULT true) bigint",
    "unschedule(job_id bigint) boolean",
    "unschedule(job_name text) boolean",
  ]);
});

Deno.test("cron.schedule() updates the job of the same name and keeps its id and whether it is active", async () => {
  const [row] = await as("postgres", async (sql) => {
    const [first] = await sql`select cron.schedule('tick', '10 seconds', 'select 1') as id`;
    await sql`select cron.alter_job(${first?.id}, active := false)`;
    const [second] = await sql`select cron.schedule('tick', '*/5 * * * *', 'select 2') as id`;
    equal(second?.id, first?.id);
    return await sql`select * from cron.job`;
  });
  const { jobid: _, nodeport: port, ...rest } = row ?? {};
  equal(port, database.server.port);
  deepEqual(rest, {
    schedule: "*/5 * * * *",
    command: "select 2",
    nodename: "localhost",
    database: "postgres",
    username: "postgres",
    active: false,
    jobname: "tick",
  });
});

Deno.test("cron.schedule() adds a job each time when it is given no name", async () => {
  const rows = await as("postgres", async (sql) => {
    await sql`select cron.schedule('0 10 * * *', 'vacuum')`;
    await sql`select cron.schedule('0 10 * * *', 'vacuum')`;
    return await sql`select jobname from cron.job`;
  });
  deepEqual(rows.map((row) => row.jobname), [null, null]);
});

Deno.test("cron.schedule() refuses what pg_cron refuses, in its words", async () => {
  for (
    const schedule of [
      "* * * *",
      "",
      "5 secondc",
      "50 seconds c",
      "0 seconds",
      "60 seconds",
      "-1 seconds",
      "10000000000 seconds",
      "*/0 10 * * *",
      "*/60 10 * * *",
      "*/-1 10 * * *",
      "*/5000000000 10 * * *",
      "-1 * * * *",
      "60 * * * *",
      "* 24 * * *",
      "* * 0 * *",
      "* * 32 * *",
      "* * * 0 *",
      "* * * 13 *",
      "* * * * 8",
      "1/20 * * * *",
      "5- * * * *",
      "1,,2 * * * *",
      "* * * january *",
      "0 11 $foo * *",
      "@restar",
      "a".repeat(1000),
    ]
  ) {
    await rejects(as("postgres", (sql) => sql`select cron.schedule(${schedule}, 'select 1')`), {
      code: "22023",
      message: `invalid schedule: ${schedule}`,
      hint: "Use cron format (e.g. 5 4 * * *), or interval format '[1-59] seconds'",
    });
  }
});

Deno.test("cron.schedule() takes what pg_cron takes", async () => {
  for (
    const schedule of [
      "1 second",
      " 30 sEcOnDs ",
      "17  seconds ",
      "59 seconds",
      "0 11 $ * *",
      "@hourly",
      "@restart",
      "0-59/7,3 */2 1,15 jan-mar,DEC mon-fri",
      "0 0 * * 7",
      "* * * * * of which the sixth word on is ignored",
    ]
  ) {
    await as("postgres", (sql) => sql`select cron.schedule(${schedule}, 'select 1')`);
  }
});

Deno.test("cron.schedule() refuses a name, schedule or command that is null", async () => {
  const refusal = (name: string | null, schedule: string | null, command: string | null) =>
    as("postgres", (sql) => sql`select cron.schedule(${name}, ${schedule}, ${command})`);
  await rejects(refusal(null, "* * * * *", "x"), { message: "job_name can not be NULL" });
  await rejects(refusal("n", null, "x"), { message: "schedule can not be NULL" });
  await rejects(refusal("n", "* * * * *", null), { message: "command can not be NULL" });
});

Deno.test("cron.unschedule() removes a job by id or by name and refuses unknown ones", async () => {
  const [row] = await as("postgres", async (sql) => {
    const [job] = await sql`select cron.schedule('a', '* * * * *', 'x') as id`;
    await sql`select cron.schedule('b', '* * * * *', 'x')`;
    const [done] =
      await sql`select cron.unschedule(${job?.id}::bigint) and cron.unschedule('b') as both`;
    equal(done?.both, true);
    return await sql`select count(*)::integer as count from cron.job`;
  });
  equal(row?.count, 0);
  await rejects(as("postgres", (sql) => sql`select cron.unschedule('c')`), {
    message: "could not find valid entry for job 'c'",
  });
  await rejects(as("postgres", (sql) => sql`select cron.unschedule(4711)`), {
    message: "could not find valid entry for job 4711",
  });
});

Deno.test("cron.alter_job() changes what is given and leaves the rest", async () => {
  const [row] = await as("postgres", async (sql) => {
    const [job] = await sql`select cron.schedule('a', '* * * * *', 'x') as id`;
    await sql`select cron.alter_job(${job?.id}, schedule := '5 seconds', username := 'clerk')`;
    return await sql`select schedule, command, username, active, jobname from cron.job`;
  });
  deepEqual(row, {
    schedule: "5 seconds",
    command: "x",
    username: "clerk",
    active: true,
    jobname: "a",
  });
});

Deno.test("cron.alter_job() refuses no change, an unknown job, a bad schedule and a bad database", async () => {
  const alter = (work: (sql: postgres.TransactionSql, id: string) => Promise<unknown>) =>
    as("postgres", async (sql) => {
      const [job] = await sql`select cron.schedule('a', '* * * * *', 'x') as id`;
      return await work(sql, job?.id);
    });
  await rejects(alter((sql, id) => sql`select cron.alter_job(${id})`), {
    message: "no updates specified",
  });
  await rejects(alter((sql) => sql`select cron.alter_job(4711, active := true)`), {
    message: "Job 4711 does not exist or you don't own it",
  });
  await rejects(alter((sql, id) => sql`select cron.alter_job(${id}, schedule := 'x')`), {
    message: "invalid schedule: x",
  });
  await rejects(alter((sql, id) => sql`select cron.alter_job(${id}, database := 'nowhere')`), {
    message: 'database "nowhere" does not exist',
  });
});

Deno.test("cron.schedule_in_database() schedules for another role and database", async () => {
  const [row] = await as("postgres", async (sql) => {
    await sql`
      select cron.schedule_in_database('a', '* * * * *', 'x', 'template1', username := 'clerk', active := false)`;
    return await sql`select database, username, active from cron.job`;
  });
  deepEqual(row, { database: "template1", username: "clerk", active: false });
});

Deno.test("cron.schedule_in_database() refuses roles that are unknown, cannot log in or cannot connect", async () => {
  const refusal = (role: string, target: string) =>
    as(
      "postgres",
      (sql) => sql`select cron.schedule_in_database('a', '* * * * *', 'x', ${target}, ${role})`,
    );
  await rejects(refusal("ghost", "postgres"), { message: 'role "ghost" does not exist' });
  await rejects(refusal("group_of_clerks", "postgres"), {
    message: 'role "group_of_clerks" can not log in',
  });
  await rejects(refusal("clerk", "closed"), {
    message: "User clerk does not have CONNECT privilege on closed",
  });
});

Deno.test("cron.schedule() by an ordinary role makes a job of that role, which others do not see", async () => {
  await as("postgres", async (sql) => {
    await sql`set local role clerk`;
    await sql`select cron.schedule('mine', '* * * * *', 'select 1')`;
    const own = await sql`select username from cron.job`;
    deepEqual([...own], [{ username: "clerk" }]);
    await sql`set local role other_clerk`;
    equal((await sql`select from cron.job`).count, 0);
    equal((await sql`update cron.job set command = 'select 2'`).count, 0);
    // The same name is free to another role.
    return await sql`select cron.schedule('mine', '* * * * *', 'select 1')`;
  });
});

Deno.test("cron refuses an ordinary role the jobs of others and what is not granted", async () => {
  const refusal = (query: (sql: postgres.TransactionSql, id: string) => Promise<unknown>) =>
    as("postgres", async (sql) => {
      const [job] = await sql`select cron.schedule('a', '* * * * *', 'x') as id`;
      await sql`set local role clerk`;
      return await query(sql, job?.id);
    });
  await rejects(refusal((sql, id) => sql`select cron.unschedule(${id}::bigint)`), {
    message: /could not find valid entry for job \d+/,
  });
  await rejects(refusal((sql) => sql`select cron.unschedule('a')`), {
    message: "could not find valid entry for job 'a'",
  });
  await rejects(refusal((sql, id) => sql`select cron.alter_job(${id}, active := false)`), {
    message: "permission denied for function alter_job",
  });
  await rejects(
    refusal((sql) =>
      sql`select cron.schedule_in_database('b', '* * * * *', 'x', 'postgres', 'postgres')`
    ),
    { message: "permission denied for function schedule_in_database" },
  );
  await rejects(
    refusal((sql) =>
      sql`insert into cron.job (schedule, command, nodeport, username) values ('* * * * *', 'x', 1, 'postgres')`
    ),
    { message: 'new row violates row-level security policy for table "job"' },
  );
});

Deno.test("cron is closed to roles without usage of its schema", async () => {
  for (const query of ["select from cron.job", "select cron.schedule('* * * * *', 'x')"]) {
    await rejects(as("group_of_clerks", (sql) => sql.unsafe(query)), {
      message: "permission denied for schema cron",
    });
  }
});

Deno.test("cron._is_due() joins the two day fields as Vixie cron does", async () => {
  // 2026-02-28 is a Saturday and the last of its month; 2026-03-01 is a Sunday.
  const cases: [schedule: string, minute: string, due: boolean][] = [
    ["0 12 28 * mon", "2026-02-28T12:00Z", true],
    ["0 12 27 * sat", "2026-02-28T12:00Z", true],
    ["0 12 27 * mon", "2026-02-28T12:00Z", false],
    ["0 12 */27 * sat", "2026-02-28T12:00Z", true],
    ["0 12 */27 * mon", "2026-02-28T12:00Z", false],
    ["0 12 27 * */6", "2026-02-28T12:00Z", false],
    ["0 12 $ * *", "2026-02-28T12:00Z", true],
    ["0 12 $ * *", "2024-02-28T12:00Z", false],
    ["0 12 * * 7", "2026-03-01T12:00Z", true],
    ["0 12 * * 0", "2026-03-01T12:00Z", true],
    ["0 12 * * sun", "2026-03-01T12:00Z", true],
    ["0 12 * * 6-7", "2026-03-01T12:00Z", true],
    ["@weekly", "2026-03-01T00:00Z", true],
    ["@monthly", "2026-03-01T00:00Z", true],
    ["@hourly", "2026-03-01T07:00Z", true],
    ["@daily", "2026-03-01T07:00Z", false],
  ];
  for (const [schedule, minute, due] of cases) {
    const [row] = await database.sql`select cron._is_due(${schedule}, ${minute}) as due`;
    equal(row?.due, due, `${schedule} at ${minute}`);
  }
});

Deno.test("cron._is_due() agrees with the croner package on generated schedules", async () => {
  const field = (low: number, high: number) => {
    const value = fc.integer({ min: low, max: high });
    const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
    const step = fc.integer({ min: 1, max: Math.min(high, 12) });
    return fc.oneof(
      { weight: 3, arbitrary: fc.constant("*") },
      { weight: 2, arbitrary: value.map(String) },
      fc.tuple(range, step).map(([r, s]) => `${r}/${s}`),
      fc.array(fc.oneof(value.map(String), range), { minLength: 1, maxLength: 3 })
        .map((parts) => parts.join(",")),
    );
  };
  const schedules = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7))
    .map((fields) => fields.join(" "));
  const start = Date.parse("2026-03-01T00:00Z");
  const minutes = fc.integer({ min: 0, max: 2 * 365 * 24 * 60 }).map((n) => start + n * 60_000);
  const cases = fc.sample(fc.tuple(schedules, minutes), 300).flatMap(([schedule, at]) => {
    const oracle = new Cron(schedule, { timezone: "UTC", paused: true, mode: "5-part" });
    const next = oracle.nextRun(new Date(at))?.getTime();
    // Right at, just after and at random: the oracle's next time is due, the minute after it may be.
    return [at, ...next === undefined ? [] : [next, next + 60_000]].map((minute) => ({
      schedule,
      minute: new Date(minute).toISOString(),
      due: oracle.match(new Date(minute)),
    }));
  });
  const rows = await database.sql`
    select c.schedule, c.minute, c.due
    from jsonb_to_recordset(${
    database.sql.json(cases)
  }) as c (schedule text, minute text, due boolean)
    where cron._is_due(c.schedule, c.minute::timestamptz) is distinct from c.due`;
  deepEqual([...rows], []);
  ok(cases.filter((one) => one.due).length > 200);
});
