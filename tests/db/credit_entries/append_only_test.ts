import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { ledgerOf, refused } from "../looks.ts";

const CHANGES = [
  "update public.credit_entries set amount = amount + 1",
  "update public.credit_entries set reason = 'other'",
  "delete from public.credit_entries",
  "truncate public.credit_entries",
  "truncate public.credit_entries cascade",
  `merge into public.credit_entries as e using (values (1)) as v (one) on true
     when matched then update set amount = 1`,
];

for (const role of ["anon", "authenticated", "service_role"]) {
  Deno.test(`promise 5: ${role} may neither add, change nor remove a ledger entry`, () =>
    withStudio(async ({ owner, user }) => {
      const userId = await user();
      const additions = [
        `insert into public.credit_entries (user_id, amount, kind, reason)
           values ('${userId}', 1000, 'grant', 'mine')`,
        `update public.credit_accounts set balance = 1000 where user_id = '${userId}'`,
        `insert into public.credit_accounts (user_id, balance) values (gen_random_uuid(), 5)`,
        `delete from public.credit_accounts`,
        `truncate public.credit_accounts`,
        `select private.post_entry('${userId}', 1000, 'grant', 'mine')`,
        `alter table public.credit_entries disable trigger all`,
      ];
      for (const statement of [...CHANGES, ...additions]) {
        const tried = owner.begin(async (transaction) => {
          await transaction`select set_config('role', ${role}, true)`;
          await transaction`select set_config('request.jwt.claims', ${
            JSON.stringify({ sub: userId, role })
          }, true)`;
          await transaction.unsafe(statement);
        });
        await refused(tried, "42501");
      }
      assert.equal((await ledgerOf(owner, userId)).balance, 500);
    }));
}

Deno.test("promise 5: the owner of the ledger can't change or remove an entry either", () =>
  withStudio(async ({ owner, user }) => {
    const userId = await user();
    for (const statement of CHANGES) {
      await refused(owner.unsafe(statement), "PT409", "STATE_CONFLICT").catch((cause) => {
        throw new Error(statement, { cause });
      });
    }
    await refused(
      owner`insert into public.credit_entries (id, user_id, amount, kind, reason)
        overriding system value
        select id, user_id, 1, 'grant', 'x' from public.credit_entries where user_id = ${userId}
        on conflict (id) do update set amount = 999`,
      "PT409",
    );
    assert.deepEqual(await ledgerOf(owner, userId), {
      balance: 500,
      sum: 500,
      charges: 0,
      refunds: 0,
    });
  }));

Deno.test("promise 5: the ledger takes no entry whose sign or job does not fit its kind", () =>
  withStudio(async ({ owner, user }) => {
    const userId = await user();
    const job = crypto.randomUUID();
    for (
      const [kind, amount, jobId] of [
        ["grant", -1, null],
        ["grant", 0, null],
        ["charge", 1, job],
        ["refund", -1, job],
        ["charge", -1, null],
        ["refund", 1, null],
        ["adjustment", 0, null],
        ["gift", 1, null],
      ] as const
    ) {
      await refused(
        owner`insert into public.credit_entries (user_id, amount, kind, reason, job_id)
          values (${userId}, ${amount}, ${kind}, 'test', ${jobId})`,
        "23514",
      );
    }
    await refused(owner`select private.post_entry(${userId}, -501, 'adjustment', 'x')`, "PT402");
    await refused(
      owner`update public.credit_accounts set balance = -1 where user_id = ${userId}`,
      "23514",
    );
    assert.equal((await ledgerOf(owner, userId)).sum, 500);
  }));

Deno.test("promise 5: the ledger outlives its user, and a late refund is entered without an account", () =>
  withStudio(async ({ owner, user }) => {
    const userId = await user();
    const jobId = crypto.randomUUID();
    await owner`select private.post_entry(${userId}, -5, 'charge', 'test', ${jobId})`;
    await owner`delete from auth.users where id = ${userId}`;
    await owner`select private.post_entry(${userId}, 5, 'refund', 'test', ${jobId})`;
    await refused(owner`select private.post_entry(${userId}, 5, 'grant', 'test')`, "PT404");
    const { balance, sum } = await ledgerOf(owner, userId);
    assert.deepEqual([balance, sum], [null, 500]);
  }));
