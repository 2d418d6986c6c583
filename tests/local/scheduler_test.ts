import { deepEqual, equal, match, ok } from "node:assert/strict";
import { startScheduler } from "../../supabase/local/scheduler.ts";
import { type RunningScheduler, ticks, withScheduler } from "./running_scheduler.ts";
import {
  eventually,
  startTemporaryPostgres,
  type TemporaryPostgres,
} from "./temporary_postgres.ts";

let database: TemporaryPostgres;
Deno.test.beforeAll(async () => {
  database = await startTemporaryPostgres(`
    create extension pg_cron;
    create extension pg_net;
    create role clerk login;
    create table marks (mark text, at timestamptz default clock_timestamp());
    grant insert on marks to clerk;
  `);
});
Deno.test.afterAll(() => database?.remove());

/** Runs a test with a scheduler and no marks. */
async function scheduled(work: (clock: RunningScheduler) => Promise<void>): Promise<void> {
  await withScheduler(database, work).finally(() => database.sql`truncate marks`);
}

/** Adds a job by its name and waits until the scheduler knows of it. */
async function schedule(
  clock: RunningScheduler,
  schedule: string,
  command: string,
): Promise<string> {
  const [row] = await database.sql`select cron.schedule('job', ${schedule}, ${command}) as id`;
  await noticed(clock);
  return row?.id;
}

/** Lets the scheduler read the jobs again, which it does once a second. */
async function noticed(clock: RunningScheduler): Promise<void> {
  clock.time += 1000;
  await ticks(2);
}

/** The runs so far, once there are `count` that have ended. */
function runs(count: number) {
  return eventually(`${count} runs`, async () => {
    const rows = await database.sql`select * from cron.job_run_details order by runid`;
    return rows.filter((row) => row.end_time !== null).length >= count ? rows : undefined;
  });
}

const marks = async () =>
  (await database.sql`select mark from marks order by at`).map((row) => row.mark);
Deno.test("startScheduler() runs a job once in each minute its schedule names", async () => {
  await scheduled(async (clock) => {
    const id = await schedule(clock, "1,3 10 * * *", "insert into marks values ('minute')");
    clock.time = Date.parse("2026-11-21T10:01:00Z");
    const [run] = await runs(1);
    for (const time of ["10:01:30", "10:02:00", "10:02:59"]) {
      clock.time = Date.parse(`2026-11-21T${time}Z`);
      await ticks(1);
    }
    deepEqual(await marks(), ["minute"]);
    clock.time = Date.parse("2026-11-21T10:03:00Z");
    await runs(2);
    deepEqual(await marks(), ["minute", "minute"]);
    const { runid: _, job_pid: pid, start_time: start, end_time: end, ...rest } = run ?? {};
    ok(pid > 0);
    ok(start <= end);
    deepEqual(rest, {
      jobid: id,
      database: "postgres",
      username: "postgres",
      command: "insert into marks values ('minute')",
      status: "succeeded",
      return_message: "INSERT 0 1",
    });
  });
});

Deno.test("startScheduler() makes up for minutes missed in a short pause, not in a long one", async () => {
  await scheduled(async (clock) => {
    await schedule(clock, "* * * * *", "insert into marks values ('minute')");
    clock.time = Date.parse("2026-11-21T10:04:10Z");
    await runs(4);
    clock.time = Date.parse("2026-11-21T11:04:10Z");
    await runs(5);
    await ticks(2);
    equal((await marks()).length, 5);
  });
});

Deno.test("startScheduler() runs an 'N seconds' job N seconds after it is known, and again", async () => {
  await scheduled(async (clock) => {
    await schedule(clock, "10 seconds", "insert into marks values ('tick')");
    clock.time += 8000;
    await ticks(2);
    deepEqual(await marks(), []);
    clock.time += 2000;
    await runs(1);
    await ticks(2);
    deepEqual(await marks(), ["tick"]);
    clock.time += 10_000;
    await runs(2);
  });
});

Deno.test("startScheduler() takes up a change by name and forgets what is unscheduled or inactive", async () => {
  await scheduled(async (clock) => {
    const id = await schedule(clock, "5 seconds", "insert into marks values ('old')");
    await schedule(clock, "2 seconds", "insert into marks values ('new')");
    clock.time += 2000;
    await runs(1);
    await database.sql`select cron.alter_job(${id}, active := false)`;
    await noticed(clock);
    clock.time += 60_000;
    await ticks(2);
    await database.sql`select cron.unschedule('job')`;
    await noticed(clock);
    clock.time += 60_000;
    await ticks(2);
    deepEqual(await marks(), ["new"]);
  });
});

Deno.test("startScheduler() runs a job once at a time, with one due run waiting behind", async () => {
  await scheduled(async (clock) => {
    await schedule(
      clock,
      "1 second",
      "insert into marks values ('begin'); select pg_sleep(0.3); insert into marks values ('end')",
    );
    for (let n = 0; n < 8; n++) {
      clock.time += 1000;
      await ticks(1);
    }
    await database.sql`select cron.unschedule('job')`;
    const rows = (await runs(2)).filter((row) => row.start_time !== null);
    for (const [index, row] of rows.slice(1).entries()) {
      ok(row.start_time >= rows[index]?.end_time, "runs overlap");
    }
    ok(rows.length < 5);
  });
});

Deno.test("startScheduler() records what a job's last statement did", async () => {
  await scheduled(async (clock) => {
    const message = async (command: string, count: number) => {
      await schedule(clock, "1 second", command);
      clock.time += 1000;
      const row = (await runs(count)).at(-1);
      await database.sql`select cron.unschedule('job')`;
      await noticed(clock);
      return [row?.status, row?.return_message];
    };
    deepEqual(await message("select 1", 1), ["succeeded", "1 row"]);
    deepEqual(await message("select generate_series(1, 3)", 2), ["succeeded", "3 rows"]);
    deepEqual(await message("update marks set mark = 'x'; select 1", 3), ["succeeded", "1 row"]);
    deepEqual(await message("vacuum marks", 4), ["succeeded", "VACUUM"]);
    deepEqual(await message("select 1 / 0", 5), ["failed", "ERROR:  division by zero\n"]);
    const [status, text] = await message("do $$ begin raise 'no' using hint = 'why'; end $$", 6);
    equal(status, "failed");
    match(String(text), /^ERROR: {2}no\nHINT: {2}why\nCONTEXT: {2}PL\/pgSQL/);
  });
});

Deno.test("startScheduler() runs a job as its user", async () => {
  await scheduled(async (clock) => {
    await database.sql`
      select cron.schedule_in_database('job', '1 second',
        'insert into marks values (session_user); select mark from marks', 'postgres', 'clerk')`;
    await noticed(clock);
    clock.time += 1000;
    const [run] = await runs(1);
    // The whole command is one transaction: clerk may insert, but not read.
    equal(run?.return_message, "ERROR:  permission denied for table marks\n");
    equal(run?.username, "clerk");
    deepEqual(await marks(), []);
  });
});

Deno.test("startScheduler() cancels a job that is unscheduled while it runs", async () => {
  await scheduled(async (clock) => {
    await schedule(clock, "1 second", "select pg_sleep(30)");
    clock.time += 1000;
    await eventually("the run", async () => {
      const [row] = await database
        .sql`select status from cron.job_run_details where status = 'running'`;
      return row;
    });
    await database.sql`select cron.unschedule('job')`;
    await noticed(clock);
    const [run] = await runs(1);
    deepEqual([run?.status, run?.return_message], ["failed", "job canceled"]);
  });
});

Deno.test("startScheduler() leaves the jobs to the scheduler that came first", async () => {
  await scheduled(async (clock) => {
    const second = startScheduler({
      databaseUrl: database.server.url,
      now: () => clock.time,
    });
    await schedule(clock, "* * * * *", "insert into marks values ('minute')");
    clock.time += 60_000;
    await runs(1);
    await ticks(2);
    await second.stop();
    equal((await marks()).length, 1);
  });
});

Deno.test("startScheduler() goes on after the database was killed and restarted", async () => {
  await scheduled(async (clock) => {
    await schedule(clock, "1 second", "select pg_sleep(30)");
    clock.time += 1000;
    await eventually("the run", async () => {
      const [row] = await database
        .sql`select status from cron.job_run_details where status = 'running'`;
      return row;
    });
    database.server.kill();
    await eventually(
      "a word on the loss",
      () => Promise.resolve(clock.lines.find((line) => line.endsWith("; trying again"))),
    );
    await database.server.restart();
    await eventually("the cut run's mark", async () => {
      const [row] = await database.sql`select return_message as m from cron.job_run_details`;
      clock.time += 1000;
      return ["server restarted", "connection lost"].includes(row?.m) ? row : undefined;
    });
    await database.sql`select cron.unschedule('job')`;
    await schedule(clock, "1 second", "insert into marks values ('after')");
    await eventually("a run after the restart", async () => {
      clock.time += 1000;
      await ticks(1);
      return (await marks()).length > 0 ? true : undefined;
    });
    await eventually(
      "a word on the recovery",
      () =>
        Promise.resolve(clock.lines.find((line) => line.endsWith("the database answers again"))),
    );
  });
});
