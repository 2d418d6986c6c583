/**
 * A second witness inside the database: triggers that note each job's moves and each change of what was
 * final. They only write down; nothing of the product reads them.
 *
 * @module
 */
import type postgres from "postgres";

/** One note. */
export interface AuditNote {
  readonly table_name: string;
  readonly row_id: string;
  /** `end`: a job ended. `ended_changed`, `ready_changed`: what was final was written again. `ready`: an asset became ready. */
  readonly what: "end" | "ended_changed" | "ready" | "ready_changed";
  readonly detail: unknown;
}

const ASSET_TABLES = ["image_assets", "audio_clips", "video_clips", "films"] as const;

/** Adds the triggers to a migrated database. */
export async function installAudit(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    create schema bench;
    create table bench.notes (
      id bigint generated always as identity primary key,
      at timestamptz not null default clock_timestamp(),
      table_name text not null, row_id uuid not null, what text not null, detail jsonb
    );
    create function bench.note_job() returns trigger
    language plpgsql security definer set search_path = '' as $$
    begin
      if old.finished_at is null and new.finished_at is not null then
        insert into bench.notes (table_name, row_id, what, detail)
        values ('jobs', new.id, 'end', jsonb_build_object('state', new.state, 'attempt', new.attempt));
      -- A script's project is written right after its end, in the same transaction.
      elsif old.finished_at is not null and
        to_jsonb(old) - 'updated_at' - 'project_id' <> to_jsonb(new) - 'updated_at' - 'project_id' then
        insert into bench.notes (table_name, row_id, what, detail)
        values ('jobs', new.id, 'ended_changed', jsonb_build_object('old', to_jsonb(old), 'new', to_jsonb(new)));
      end if;
      return null;
    end $$;
    create trigger bench_note after update on public.jobs
      for each row execute function bench.note_job();
    create function bench.note_asset() returns trigger
    language plpgsql security definer set search_path = '' as $$
    begin
      if old.status <> 'ready' and new.status = 'ready' then
        insert into bench.notes (table_name, row_id, what) values (tg_table_name, new.id, 'ready');
      elsif old.status = 'ready' and (new.status, new.url) is distinct from (old.status, old.url) then
        insert into bench.notes (table_name, row_id, what, detail)
        values (tg_table_name, new.id, 'ready_changed', jsonb_build_object('old', to_jsonb(old), 'new', to_jsonb(new)));
      end if;
      return null;
    end $$;
    ${
    ASSET_TABLES.map((table) => `
    create trigger bench_note after update on public.${table}
      for each row execute function bench.note_asset();`).join("")
  }
  `);
}

/** All notes, oldest first. */
export async function readNotes(sql: postgres.Sql): Promise<AuditNote[]> {
  return await sql<AuditNote[]>`
    select table_name, row_id, what, detail from bench.notes order by id`;
}
