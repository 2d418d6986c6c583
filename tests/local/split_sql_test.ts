import assert from "node:assert/strict";
import { splitSql } from "../../supabase/local/split_sql.ts";

const CASES: readonly (readonly [what: string, text: string, statements: readonly string[]])[] = [
  ["two statements", "select 1; select 2;", ["select 1", "select 2"]],
  ["a last one without its end", "select 1;\nselect 2", ["select 1", "select 2"]],
  ["nothing", " ;; \n-- only a comment\n;/* and another */", []],
  ["a string with an end in it", "select ';', 'it''s; '; select 2", [
    "select ';', 'it''s; '",
    "select 2",
  ]],
  ["an escaped string", "select e'\\';'; select 2", ["select e'\\';'", "select 2"]],
  ["a quoted name", 'select ";" from "a"";b"; select 2', ['select ";" from "a"";b"', "select 2"]],
  ["a comment line", "select 1 -- no; end\n; select 2", ["select 1 -- no; end", "select 2"]],
  ["comments in comments", "select /* a; /* b; */ c; */ 1; select 2", [
    "select /* a; /* b; */ c; */ 1",
    "select 2",
  ]],
  ["dollar quotes", "do $$ begin; $x$;$x$ end $$; select $a$;$$;$a$", [
    "do $$ begin; $x$;$x$ end $$",
    "select $a$;$$;$a$",
  ]],
  ["a parameter that is no quote", "select $1; select $2", ["select $1", "select $2"]],
  ["parentheses", "create rule r as on insert to a do (select 1; select 2); select 3", [
    "create rule r as on insert to a do (select 1; select 2)",
    "select 3",
  ]],
  [
    "a body that is no string",
    "create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3",
    [
      "create function f() returns int begin atomic select case when true then 1 end; select 2; end",
      "select 3",
    ],
  ],
  ["a transaction", "begin; select 1; commit;", ["begin", "select 1", "commit"]],
  ["a name that holds a dollar", "select a$b; select c$d", ["select a$b", "select c$d"]],
];

for (const [what, text, statements] of CASES) {
  Deno.test(`splitSql() keeps statements whole when there is ${what}`, () => {
    assert.deepEqual(splitSql(text), statements);
  });
}
