import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import type postgres from "postgres";
import { rehearse, startTemporaryPostgres, type TemporaryPostgres } from "../temporary_postgres.ts";

let database: TemporaryPostgres;
Deno.test.beforeAll(async () => {
  database = await startTemporaryPostgres(`
    create role anon;
    create role authenticated;
    create role service_role bypassrls;
    create extension if not exists supabase_vault with schema vault cascade;
  `);
});
Deno.test.afterAll(() => database?.remove());

const as = <T>(role: string, work: (sql: postgres.TransactionSql) => Promise<T>) =>
  rehearse(database.sql, role, work);

Deno.test("vault has the platform's table, view and functions", async () => {
  const columns = await database.sql`
    select table_name, string_agg(column_name || ' ' || data_type, ', ' order by ordinal_position) as columns
    from information_schema.columns where table_schema = 'vault' group by 1 order by 1`;
  const before = "id uuid, name text, description text, secret text, ";
  const after = "key_id uuid, nonce bytea, created_at timestamp with time zone, " +
    "updated_at timestamp with time zone";
  deepEqual([...columns], [
    { table_name: "decrypted_secrets", columns: `${before}decrypted_secret text, ${after}` },
    { table_name: "secrets", columns: before + after },
  ]);
  const functions = await database.sql`
    select p.proname || '(' || pg_get_function_arguments(p.oid) || ') ' || pg_get_function_result(p.oid) as f
    from pg_proc as p where p.pronamespace = 'vault'::regnamespace and p.proname like '%secret' order by 1`;
  deepEqual(functions.map((row) => row.f), [
    "create_secret(new_secret text, new_name text DEFAULT NULL::text, " +
    "new_description text DEFAULT ''::text, new_key_id uuid DEFAULT NULL::uuid) uuid",
    "update_secret(secret_id uuid, new_secret text DEFAULT NULL::text, new_name text DEFAULT NULL::text, " +
    "new_description text DEFAULT NULL::text, new_key_id uuid DEFAULT NULL::uuid) void",
  ]);
});

Deno.test("vault.create_secret() stores a text encrypted and the view gives it back", async () => {
  for (const secret of ["sb_secret_abc", "", "ключ 🔑", "x".repeat(5000)]) {
    const [row] = await as("postgres", async (sql) => {
      const [made] = await sql`select vault.create_secret(${secret}, 'key', 'what for') as id`;
      return await sql`select *, octet_length(nonce) as nonce_bytes from vault.decrypted_secrets where id = ${made?.id}`;
    });
    equal(row?.decrypted_secret, secret);
    equal(row?.name, "key");
    equal(row?.description, "what for");
    equal(row?.nonce_bytes, 16);
    ok(secret === "" || !String(row?.secret).includes(secret));
  }
});

Deno.test("vault.create_secret() encrypts the same text differently each time", async () => {
  const rows = await as("postgres", async (sql) => {
    await sql`select vault.create_secret('same'), vault.create_secret('same')`;
    return await sql`select secret from vault.secrets`;
  });
  notEqual(rows[0]?.secret, rows[1]?.secret);
});

Deno.test("vault.create_secret() refuses a name twice", async () => {
  const twice = as("postgres", async (sql) => {
    await sql`select vault.create_secret('a', 'name')`;
    return await sql`select vault.create_secret('b', 'name')`;
  });
  await rejects(twice, { code: "23505" });
});

Deno.test("vault.update_secret() changes what is given and leaves the rest", async () => {
  const [row] = await as("postgres", async (sql) => {
    const [made] = await sql`select vault.create_secret('a', 'name', 'text') as id`;
    await sql`select vault.update_secret(${made?.id}, 'b')`;
    await sql`select vault.update_secret(${made?.id}, new_description := 'other')`;
    return await sql`select decrypted_secret, name, description from vault.decrypted_secrets`;
  });
  deepEqual(row, { decrypted_secret: "b", name: "name", description: "other" });
});

Deno.test("vault.decrypted_secrets refuses a secret that was altered or moved to another row", async () => {
  for (
    const change of [
      "update vault.secrets set secret = encode(set_byte(decode(secret, 'base64'), 20, 7), 'base64')",
      "update vault.secrets set nonce = uuid_send(gen_random_uuid())",
      "update vault.secrets set id = gen_random_uuid()",
      "update vault.secrets set secret = ''",
    ]
  ) {
    const altered = as("postgres", async (sql) => {
      await sql`select vault.create_secret('a secret of some length')`;
      await sql.unsafe(change);
      return await sql`select decrypted_secret from vault.decrypted_secrets`;
    });
    await rejects(altered, { message: "invalid ciphertext" });
  }
});

Deno.test("vault is closed to anon and authenticated", async () => {
  for (const role of ["anon", "authenticated"]) {
    for (
      const query of [
        "select from vault.secrets",
        "select from vault.decrypted_secrets",
        "select vault.create_secret('x')",
      ]
    ) {
      await rejects(as(role, (sql) => sql.unsafe(query)), {
        message: "permission denied for schema vault",
      });
    }
  }
});

Deno.test("vault lets service_role read, make and delete secrets, and not reach the key", async () => {
  await as("service_role", async (sql) => {
    const [made] = await sql`select vault.create_secret('s', 'key') as id`;
    const [row] =
      await sql`select decrypted_secret from vault.decrypted_secrets where name = 'key'`;
    equal(row?.decrypted_secret, "s");
    return await sql`delete from vault.secrets where id = ${made?.id}`;
  });
  for (
    const query of [
      "select vault._derived_key('encrypt', 0, 'pgsodium')",
      "select pg_read_file('vault_root_key')",
      "insert into vault.secrets (secret) values ('x')",
      "update vault.secrets set secret = 'x'",
    ]
  ) {
    await rejects(as("service_role", (sql) => sql.unsafe(query)), { code: "42501" });
  }
});

Deno.test("vault keeps its key when the extension is made again", async () => {
  const key = () => database.sql`select pg_read_file('vault_root_key') as key`;
  const [before] = await key();
  await database.sql`drop extension supabase_vault`;
  await database.sql`create extension supabase_vault with schema vault`;
  deepEqual([...await key()], [before]);
  ok(/^[0-9a-f]{64}\n$/.test(String(before?.key)));
});
