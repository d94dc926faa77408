/** One statement that appends so many records, of the form that the service writes, to the audit chain. */
export const fillAudit = (count) => `
  DO $$
  DECLARE
    head record; organization text; previous text; body text; at timestamptz; said text; n bigint;
  BEGIN
    SELECT sequence, hash INTO head FROM audit_head WHERE id = 1 FOR UPDATE;
    SELECT id INTO organization FROM organizations LIMIT 1;
    previous := head.hash;
    at := date_trunc('second', now());
    said := to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
    FOR i IN 1..${count} LOOP
      n := head.sequence + i;
      body := '{"action":"credential.revoked","actor":{"from":{"address":"192.0.2.7","requestId":"'
        || md5(n::text) || '"},"id":"tok_' || (n % 50) || '","kind":"token"},"at":"' || said
        || '","details":{"agent":"agt_' || (n % 1000) || '","repeated":false,"type":"allowed-actions"},'
        || '"id":"evt_fill' || n || '","organizationId":"' || organization
        || '","reason":"INC-' || (n % 97) || '","sequence":' || n || ',"subject":"crd_' || n || '"}';
      INSERT INTO audit_records (sequence, id, at, organization_id, action, subject, actor,
        request_id, body, previous_hash, hash)
      VALUES (n, 'evt_fill' || n, at, organization, 'credential.revoked', 'crd_' || n,
        'tok_' || (n % 50), md5(n::text), body, previous,
        encode(sha256(convert_to(previous || chr(10) || body, 'UTF8')), 'hex'))
      RETURNING hash INTO previous;
    END LOOP;
    UPDATE audit_head SET sequence = n, hash = previous WHERE id = 1;
  END $$`;
