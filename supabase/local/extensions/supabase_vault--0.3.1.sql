-- Supabase Vault 0.3 without libsodium: the same table, view, functions and grants. Secrets are stored
-- encrypted by AES-256 in SIV manner (RFC 5297: the authentication tag over id, nonce and text serves as
-- initialization vector), with pgcrypto's C functions, which need no extension to be created.
-- The key lies in the file vault_root_key of the data directory, so that neither a dump nor a query shows it.
-- Source of the rules: https://github.com/supabase/vault (sql/, read 2026-11-21); grants as the platform's
-- https://github.com/supabase/postgres (postgresql_extension_custom_scripts/supabase_vault, read 2026-11-21).
\echo Use "create extension supabase_vault" to load this file. \quit

do $$
begin
  if pg_catalog.pg_stat_file('vault_root_key', true) is null then
    execute pg_catalog.format(
      'copy (select %L) to %L',
      pg_catalog.encode(
        pg_catalog.sha256(
          pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
            || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())),
        'hex'),
      pg_catalog.current_setting('data_directory') || '/vault_root_key');
  end if;
end
$$;

create function vault._hmac(bytea, bytea, text)
returns bytea
language c
immutable strict
as '$libdir/pgcrypto', 'pg_hmac';

create function vault._encrypt_iv(bytea, bytea, bytea, text)
returns bytea
language c
immutable strict
as '$libdir/pgcrypto', 'pg_encrypt_iv';

create function vault._decrypt_iv(bytea, bytea, bytea, text)
returns bytea
language c
immutable strict
as '$libdir/pgcrypto', 'pg_decrypt_iv';

-- Derives one 32-byte key per purpose and key id from the root key.
-- security definer: only superusers may read the file.
create function vault._derived_key(p_purpose text, p_key_id bigint, p_context bytea)
returns bytea
language sql
stable
security definer
set search_path = ''
as $$
  select vault._hmac(
    pg_catalog.convert_to(pg_catalog.concat_ws(':', p_purpose, p_key_id::text), 'UTF8') || p_context,
    pg_catalog.decode(
      pg_catalog.btrim(pg_catalog.pg_read_file('vault_root_key'), E' \n'), 'hex'),
    'sha256')
$$;

-- Gives the first 16 bytes of a keyed hash over all inputs, each led by its length.
create function vault._tag(p_key bytea, p_message bytea, p_additional bytea, p_nonce bytea)
returns bytea
language sql
immutable
set search_path = ''
as $$
  select pg_catalog.substring(
    vault._hmac(
      pg_catalog.int4send(pg_catalog.length(p_additional)) || p_additional
        || pg_catalog.int4send(pg_catalog.length(p_nonce)) || p_nonce
        || p_message,
      p_key, 'sha256'),
    1, 16)
$$;

-- security definer, here and below: callers must reach the key through these functions and nothing else.
create function vault._crypto_aead_det_encrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium'::bytea,
  nonce bytea default null
)
returns bytea
language sql
stable
security definer
set search_path = ''
as $$
  select t.tag || vault._encrypt_iv(
    message, vault._derived_key('encrypt', key_id, context), t.tag, 'aes-cbc/pad:pkcs')
  from (
    select vault._tag(
      vault._derived_key('authenticate', key_id, context), message,
      coalesce(additional, ''), coalesce(nonce, '')) as tag
  ) as t
$$;

create function vault._crypto_aead_det_decrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium'::bytea,
  nonce bytea default null
)
returns bytea
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_tag bytea := pg_catalog.substring(message, 1, 16);
  v_text bytea;
begin
  begin
    v_text := vault._decrypt_iv(
      pg_catalog.substring(message, 17), vault._derived_key('encrypt', key_id, context), v_tag,
      'aes-cbc/pad:pkcs');
  exception when external_routine_invocation_exception then
    v_text := null;
  end;
  if v_text is null or v_tag <> vault._tag(
    vault._derived_key('authenticate', key_id, context), v_text,
    coalesce(additional, ''), coalesce(nonce, '')) then
    raise exception 'invalid ciphertext';
  end if;
  return v_text;
end
$$;

create function vault._crypto_aead_det_noncegen()
returns bytea
language sql
volatile
set search_path = ''
as $$
  select pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
$$;

create table vault.secrets (
  id uuid primary key default pg_catalog.gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default vault._crypto_aead_det_noncegen(),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;
comment on table vault.secrets is
'Table with encrypted `secret` column for storing sensitive information on disk.';

select pg_catalog.pg_extension_config_dump('vault.secrets', '');

create view vault.decrypted_secrets as
select
  s.id,
  s.name,
  s.description,
  s.secret,
  pg_catalog.convert_from(
    vault._crypto_aead_det_decrypt(
      message := pg_catalog.decode(s.secret, 'base64'),
      additional := pg_catalog.convert_to(s.id::text, 'UTF8'),
      key_id := 0,
      context := 'pgsodium'::bytea,
      nonce := s.nonce),
    'UTF8') as decrypted_secret,
  s.key_id,
  s.nonce,
  s.created_at,
  s.updated_at
from vault.secrets as s;

-- security definer: callers may not write the table themselves. new_key_id is taken and not used, as in 0.3.
create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '',
  new_key_id uuid default null
)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id uuid := pg_catalog.gen_random_uuid();
  v_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  insert into vault.secrets (id, name, description, nonce, secret)
  values (
    v_id, new_name, new_description, v_nonce,
    pg_catalog.encode(
      vault._crypto_aead_det_encrypt(
        message := pg_catalog.convert_to(new_secret, 'UTF8'),
        additional := pg_catalog.convert_to(v_id::text, 'UTF8'),
        key_id := 0,
        nonce := v_nonce),
      'base64'));
  return v_id;
end
$$;

-- security definer: callers may not write the table themselves. What is null is left as it is.
create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null,
  new_description text default null, new_key_id uuid default null
)
returns void
language sql
security definer
set search_path = ''
as $$
  update vault.secrets as s
  set
    secret = coalesce(
      pg_catalog.encode(
        vault._crypto_aead_det_encrypt(
          message := pg_catalog.convert_to(new_secret, 'UTF8'),
          additional := pg_catalog.convert_to(s.id::text, 'UTF8'),
          key_id := 0,
          nonce := s.nonce),
        'base64'),
      s.secret),
    name = coalesce(new_name, s.name),
    description = coalesce(new_description, s.description),
    updated_at = pg_catalog.now()
  where s.id = secret_id
$$;

revoke all on function
  vault._hmac, vault._encrypt_iv, vault._decrypt_iv, vault._derived_key, vault._tag,
  vault._crypto_aead_det_encrypt, vault._crypto_aead_det_decrypt, vault._crypto_aead_det_noncegen,
  vault.create_secret, vault.update_secret
from public;

-- On the platform the role always exists; a bare server may get it later, and then needs these grants itself.
do $$
begin
  if pg_catalog.to_regrole('service_role') is not null then
    grant usage on schema vault to service_role;
    grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
    grant execute on function
      vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt to service_role;
  end if;
end
$$;
