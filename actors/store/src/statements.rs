//! Every SQL text, once, for both databases: `$n` placeholders, upserts, `CROSS JOIN` with a condition (which fixes
//! the join order on SQLite and is a plain join on PostgreSQL). A test prepares each of them on both.

/// Type of one bound column of a [`Batch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Col {
    /// Text.
    Text,
    /// 64-bit integer.
    Int,
}

/// A statement over many rows: `head VALUES (…), (…) tail`. What it returns are three texts per row.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Up to the rows.
    pub(crate) head: &'static str,
    /// The columns of one row.
    pub(crate) row: &'static [Col],
    /// After the rows.
    pub(crate) tail: &'static str,
}

macro_rules! batches {
    ($($name:ident = $head:literal [$($col:ident)+] $tail:literal;)+) => {
        $(pub(crate) const $name: Batch = Batch { head: $head, row: &[$(Col::$col),+], tail: $tail };)+
        /// All of them, for the test that prepares them.
        #[cfg(test)]
        pub(crate) const BATCHES: &[(&str, Batch)] = &[$((stringify!($name), $name)),+];
    };
}

macro_rules! singles {
    ($($name:ident = $sql:literal;)+) => {
        $(pub(crate) const $name: &str = $sql;)+
        /// All of them, for the test that prepares them.
        #[cfg(test)]
        pub(crate) const SINGLES: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

batches! {
    SKU_NEW = "INSERT INTO sku (vendor, sku, version, article_print, stock_print, at_ms, state) "
        [Text Text Int Int Int Int Text]
        " ON CONFLICT (vendor, sku) DO NOTHING RETURNING vendor, sku, ''";
    SKU_NEXT = "WITH v (vendor, sku, expected, version, article_print, stock_print, at_ms, state) AS ("
        [Text Text Int Int Int Int Int Text]
        ") UPDATE sku SET version = v.version, article_print = v.article_print, stock_print = v.stock_print, \
         at_ms = v.at_ms, state = v.state \
         FROM v WHERE sku.vendor = v.vendor AND sku.sku = v.sku AND sku.version = v.expected \
         RETURNING sku.vendor, sku.sku, ''";
    ORDER_NEW = "INSERT INTO orders (vendor, id, version, stage, closed, document_number, seen_ms, deadline_ms, market, \
         basket, placed_ms, gross_minor, at_ms, state) "
        [Text Text Int Text Int Int Int Int Text Text Int Int Int Text]
        " ON CONFLICT (vendor, id) DO NOTHING RETURNING vendor, id, ''";
    ORDER_NEXT = "WITH v (vendor, id, expected, version, stage, closed, document_number, seen_ms, deadline_ms, market, \
         basket, placed_ms, gross_minor, at_ms, state) AS ("
        [Text Text Int Int Text Int Int Int Int Text Text Int Int Int Text]
        ") UPDATE orders SET version = v.version, stage = v.stage, closed = v.closed, \
         document_number = v.document_number, seen_ms = v.seen_ms, deadline_ms = v.deadline_ms, market = v.market, \
         basket = v.basket, placed_ms = v.placed_ms, gross_minor = v.gross_minor, at_ms = v.at_ms, state = v.state \
         FROM v WHERE orders.vendor = v.vendor AND orders.id = v.id AND orders.version = v.expected \
         RETURNING orders.vendor, orders.id, ''";
    PICKUP_NEW = "INSERT INTO pickup (vendor, id, version, at_ms, state) "
        [Text Text Int Int Text]
        " ON CONFLICT (vendor, id) DO NOTHING RETURNING vendor, id, ''";
    PICKUP_NEXT = "WITH v (vendor, id, expected, version, at_ms, state) AS ("
        [Text Text Int Int Int Text]
        ") UPDATE pickup SET version = v.version, at_ms = v.at_ms, state = v.state \
         FROM v WHERE pickup.vendor = v.vendor AND pickup.id = v.id AND pickup.version = v.expected \
         RETURNING pickup.vendor, pickup.id, ''";
    MARK = "INSERT INTO order_mark (vendor, kind, value, order_id) " [Text Text Text Text]
        " ON CONFLICT (vendor, kind, value, order_id) DO NOTHING";
    UNMARK = "DELETE FROM order_mark WHERE (vendor, kind, value, order_id) IN (" [Text Text Text Text] ")";
    RESERVATION = "INSERT INTO reservation (vendor, order_id, sku, qty, state, since_ms) "
        [Text Text Text Int Int Int]
        " ON CONFLICT (vendor, order_id, sku) DO UPDATE SET qty = excluded.qty, state = excluded.state, \
         since_ms = excluded.since_ms WHERE reservation.since_ms <= excluded.since_ms";
    EFFECT_DONE = "DELETE FROM effect WHERE (vendor, kind, key) IN (" [Text Text Text] ")";
    EFFECT = "INSERT INTO effect (vendor, kind, key, due_ms, batch, since_ms) "
        [Text Text Text Int Text Int]
        " ON CONFLICT (vendor, kind, key) DO UPDATE SET due_ms = excluded.due_ms, batch = excluded.batch";
    INBOX = "INSERT INTO inbox (vendor, connection, event_id, key, topic, at_ms, done, payload) "
        [Text Text Text Text Text Int Int Text]
        " ON CONFLICT (vendor, connection, event_id) DO NOTHING";
    INBOX_DONE = "UPDATE inbox SET done = 1, payload = '' WHERE (vendor, connection, event_id) IN ("
        [Text Text Text] ")";
    CURSOR = "INSERT INTO cursor (vendor, name, value) " [Text Text Text]
        " ON CONFLICT (vendor, name) DO UPDATE SET value = excluded.value";
    CONTENT = "INSERT INTO content (vendor, sku, language, body) " [Text Text Text Text]
        " ON CONFLICT (vendor, sku, language) DO UPDATE SET body = excluded.body";
    SUBJECT_CLEAR = "DELETE FROM attention_subject WHERE (vendor, code, kind, key) IN (" [Text Text Text Text]
        ") RETURNING vendor, code, cause";
    ITEM = "INSERT INTO attention (vendor, code, cause, params, since_ms) " [Text Text Text Text Int]
        " ON CONFLICT (vendor, code, cause) DO UPDATE SET params = excluded.params";
    SUBJECT = "INSERT INTO attention_subject (vendor, code, cause, kind, key) " [Text Text Text Text Text]
        " ON CONFLICT (vendor, code, cause, key, kind) DO NOTHING";
    ITEM_CLOSE = "DELETE FROM attention WHERE (vendor, code, cause) IN (" [Text Text Text]
        ") AND NOT EXISTS (SELECT 1 FROM attention_subject s WHERE s.vendor = attention.vendor \
         AND s.code = attention.code AND s.cause = attention.cause)";
    FILE = "INSERT INTO file (vendor, hash, size, content) " [Text Text Int Text]
        " ON CONFLICT (vendor, hash) DO NOTHING";
    ORDER_FILE = "INSERT INTO order_file (vendor, order_id, kind, name, hash, size, at_ms) "
        [Text Text Text Text Text Int Int]
        " ON CONFLICT (vendor, order_id, kind, name) DO NOTHING";
    STRAY = "INSERT INTO stray_return (vendor, order_id, id, advised, received, scrapped, why, at_ms) "
        [Text Text Text Int Int Int Text Int]
        " ON CONFLICT (vendor, order_id, id) DO UPDATE SET advised = excluded.advised, received = excluded.received, \
         scrapped = excluded.scrapped, why = excluded.why";
    STRAY_SETTLED = "DELETE FROM stray_return WHERE (vendor, order_id, id) IN (" [Text Text Text] ")";
    RECEIPT = "INSERT INTO receipt (vendor, sku, at_ms, mapping_version, parts, body) " [Text Text Int Int Int Text] "";
    JOURNAL = "INSERT INTO journal (vendor, kind, key, at_ms, cause, actor, old, new) "
        [Text Text Text Int Text Text Text Text] "";

    // One statement, so that an actor starts from one moment: SKU (part 0), reservations (1) and content (2).
    LOAD_SKUS = "WITH k (vendor, sku) AS (" [Text Text]
        ") SELECT CAST(0 AS bigint) AS part, s.sku, s.version AS a, s.article_print AS b, s.stock_print AS c, \
         s.state AS body, '' AS other FROM k CROSS JOIN sku s WHERE s.vendor = k.vendor AND s.sku = k.sku \
         UNION ALL SELECT CAST(1 AS bigint), r.sku, r.qty, r.state, r.since_ms, r.order_id, '' \
         FROM k CROSS JOIN reservation r WHERE r.vendor = k.vendor AND r.sku = k.sku AND r.state < 2 \
         UNION ALL SELECT CAST(2 AS bigint), c.sku, 0, 0, 0, c.body, c.language \
         FROM k CROSS JOIN content c WHERE c.vendor = k.vendor AND c.sku = k.sku \
         ORDER BY 1, 2, 6";
    LOAD_ORDERS = "WITH k (vendor, id) AS (" [Text Text]
        ") SELECT o.id, o.version, o.state FROM k CROSS JOIN orders o WHERE o.vendor = k.vendor AND o.id = k.id";
    KNOWN_EVENTS = "WITH k (vendor, connection, event_id) AS (" [Text Text Text]
        ") SELECT i.event_id, '', '' FROM k CROSS JOIN inbox i WHERE i.vendor = k.vendor \
         AND i.connection = k.connection AND i.event_id = k.event_id";

    MARKED = "WITH k (vendor, kind, value) AS (" [Text Text Text]
        ") SELECT m.kind, m.value, m.order_id FROM k CROSS JOIN order_mark m WHERE m.vendor = k.vendor \
         AND m.kind = k.kind AND m.value = k.value";
    NUMBERED = "WITH k (vendor, number) AS (" [Text Int]
        ") SELECT o.id, '', '' FROM k CROSS JOIN orders o WHERE o.vendor = k.vendor AND o.document_number = k.number";

    META = "INSERT INTO meta (name, value) " [Text Text] " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    META_NEW = "INSERT INTO meta (name, value) " [Text Text] " ON CONFLICT (name) DO NOTHING";
    VENDOR = "INSERT INTO vendor (vendor, name, settings, at_ms) " [Text Text Text Int]
        " ON CONFLICT (vendor) DO UPDATE SET name = excluded.name, settings = excluded.settings, at_ms = excluded.at_ms";
    CONNECTION = "INSERT INTO connection (vendor, name, kind, base_url, settings, secrets) "
        [Text Text Text Text Text Text]
        " ON CONFLICT (vendor, name) DO UPDATE SET kind = excluded.kind, base_url = excluded.base_url, \
         settings = excluded.settings, secrets = excluded.secrets";
    RATE = "INSERT INTO rate (date, currency, source, ron_per_unit) " [Text Text Text Text]
        " ON CONFLICT (date, currency, source) DO UPDATE SET ron_per_unit = excluded.ron_per_unit";
    RATE_WORD = "INSERT INTO rate_word (vendor, currency, date, verdict, ron_per_unit, author, reason, at_ms) "
        [Text Text Text Text Text Text Text Int] "";
    // Only over the version that is live, as the next number, while nothing is on trial; the same wish once.
    MAPPING = "WITH v (vendor, version, base, body, author, note, at_ms, wish) AS ("
        [Text Int Int Text Text Text Int Text]
        ") INSERT INTO mapping_version (vendor, version, body, author, note, at_ms, wish) \
         SELECT v.vendor, v.version, v.body, v.author, v.note, v.at_ms, v.wish FROM v \
         WHERE v.version = (SELECT COALESCE(MAX(m.version), 0) + 1 FROM mapping_version m WHERE m.vendor = v.vendor) \
         AND v.base = (SELECT COALESCE(MAX(m.version), 0) FROM mapping_version m \
         WHERE m.vendor = v.vendor AND NOT EXISTS (SELECT 1 FROM mapping_trial t WHERE t.vendor = m.vendor \
         AND t.version = m.version AND t.state <> 'promoted')) \
         AND NOT EXISTS (SELECT 1 FROM mapping_trial t WHERE t.vendor = v.vendor AND t.state = 'running') \
         ON CONFLICT DO NOTHING RETURNING vendor, '', ''";
    MAPPING_DRAFT = "INSERT INTO mapping_draft (vendor, name, base, body, author, at_ms) "
        [Text Text Int Text Text Int]
        " ON CONFLICT (vendor, name) DO UPDATE SET base = excluded.base, body = excluded.body, author = excluded.author, \
         at_ms = excluded.at_ms";
    MAPPING_DRAFT_DROP = "DELETE FROM mapping_draft WHERE (vendor, name) IN (" [Text Text] ")";
    MAPPING_TRIAL = "INSERT INTO mapping_trial (vendor, version, base, share_percent, stop_percent, stop_from, promote_after, \
         state, at_ms) "
        [Text Int Int Int Int Int Int Text Int] "";
    // Promoted only over the version that it was tried against.
    MAPPING_TRIAL_END = "WITH v (vendor, version, state, at_ms) AS (" [Text Int Text Int]
        ") UPDATE mapping_trial SET state = v.state, ended_ms = v.at_ms FROM v \
         WHERE mapping_trial.vendor = v.vendor AND mapping_trial.version = v.version AND mapping_trial.state = 'running' \
         AND (v.state <> 'promoted' OR mapping_trial.base = (SELECT COALESCE(MAX(m.version), 0) FROM mapping_version m \
         WHERE m.vendor = v.vendor AND NOT EXISTS (SELECT 1 FROM mapping_trial t WHERE t.vendor = m.vendor \
         AND t.version = m.version AND t.state <> 'promoted'))) \
         RETURNING mapping_trial.vendor, '', ''";
    // A running service takes the vendor up again when this time moves.
    VENDOR_TOUCH = "WITH v (vendor, at_ms) AS (" [Text Int]
        ") UPDATE vendor SET at_ms = CASE WHEN v.at_ms > vendor.at_ms THEN v.at_ms ELSE vendor.at_ms + 1 END \
         FROM v WHERE vendor.vendor = v.vendor";
    TOKEN = "INSERT INTO api_token (hash, vendor, role, name, at_ms) " [Text Text Text Text Int]
        " ON CONFLICT (hash) DO NOTHING";
    TOKEN_REVOKE = "WITH v (hash, at_ms) AS (" [Text Int]
        ") UPDATE api_token SET revoked_ms = v.at_ms FROM v WHERE api_token.hash = v.hash \
         AND api_token.revoked_ms IS NULL RETURNING api_token.hash, '', ''";
    // Expired keys are free again; the row that stands is read afterwards.
    IDEMPOTENCY_EXPIRE = "DELETE FROM idempotency WHERE expires_ms < (" [Int] ")";
    IDEMPOTENCY = "INSERT INTO idempotency (vendor, key, body_hash, response, expires_ms) "
        [Text Text Text Text Int]
        " ON CONFLICT (vendor, key) DO NOTHING RETURNING vendor, key, ''";

    ACCOUNT = "INSERT INTO account (login, name, at_ms) " [Text Text Int]
        " ON CONFLICT (login) DO NOTHING RETURNING login, '', ''";
    ACCOUNT_ROLE = "INSERT INTO account_role (login, vendor, role) " [Text Text Text]
        " ON CONFLICT (login, vendor) DO UPDATE SET role = excluded.role";
    ACCOUNT_ROLE_END = "DELETE FROM account_role WHERE (login, vendor) IN (" [Text Text] ") RETURNING login, vendor, role";
    PASSWORD = "WITH v (login, password) AS (" [Text Text]
        ") UPDATE account SET password = v.password FROM v WHERE account.login = v.login RETURNING account.login, '', ''";
    PASSWORD_BY_INVITATION = "WITH v (hash, now_ms, password) AS (" [Text Int Text]
        ") UPDATE account SET password = v.password FROM v, invitation i WHERE i.hash = v.hash AND i.expires_ms > v.now_ms \
         AND account.login = i.login RETURNING account.login, '', ''";
    INVITATION = "INSERT INTO invitation (hash, login, expires_ms) " [Text Text Int] " ON CONFLICT (hash) DO NOTHING";
    INVITATIONS_END = "DELETE FROM invitation WHERE login IN (" [Text] ")";
    SESSION = "INSERT INTO session (hash, login, address, agent, at_ms, seen_ms, expires_ms) "
        [Text Text Text Text Int Int Int] " ON CONFLICT (hash) DO NOTHING";
    SESSION_SEEN = "WITH v (hash, seen_ms) AS (" [Text Int]
        ") UPDATE session SET seen_ms = v.seen_ms FROM v WHERE session.hash = v.hash";
    SESSION_END = "DELETE FROM session WHERE (login, hash) IN (" [Text Text] ") RETURNING login, hash, ''";
    SESSIONS_END = "DELETE FROM session WHERE login IN (" [Text] ")";
    SESSION_EXPIRE = "DELETE FROM session WHERE expires_ms < (" [Int] ")";
    AUDIT = "INSERT INTO audit (seq, at_ms, vendor, actor, origin, act, subject, old, new, outcome, asked, mac) "
        [Int Int Text Text Text Text Text Text Text Text Int Text]
        " ON CONFLICT (seq) DO NOTHING RETURNING CAST(seq AS text), '', ''";
}

singles! {
    ORDERS = "SELECT version, state, id FROM orders WHERE vendor = $1 AND id > $2 ORDER BY id LIMIT $3";
    ORDERS_OF_STAGE = "SELECT version, state, id FROM orders WHERE vendor = $1 AND stage = $2 AND id > $3 \
        ORDER BY id LIMIT $4";
    // First the marks, which their key holds in order: asked for whole rows, SQLite may walk the vendor's orders.
    ORDERS_MARKED = "SELECT o.version, o.state, o.id FROM (SELECT vendor, order_id FROM order_mark WHERE vendor = $1 \
        AND kind = $2 AND value = $3 AND order_id > $4 ORDER BY order_id LIMIT $5) m \
        CROSS JOIN orders o WHERE o.vendor = m.vendor AND o.id = m.order_id ORDER BY m.order_id";
    STALE_ORDERS = "SELECT id FROM orders WHERE vendor = $1 AND closed = 0 AND seen_ms < $2 \
        ORDER BY seen_ms, id LIMIT $3";
    LAST_DOCUMENT = "SELECT MAX(document_number) FROM orders WHERE vendor = $1";
    DUE_EFFECTS = "SELECT key, due_ms, batch, since_ms FROM effect WHERE vendor = $1 AND kind = $2 AND due_ms <= $3 \
        ORDER BY due_ms, key LIMIT $4";
    OPEN_INBOX = "SELECT connection, event_id, key, topic, payload, at_ms FROM inbox WHERE vendor = $1 AND done = 0 \
        AND topic IN ($2, $3, $4) ORDER BY seq LIMIT $5";
    BOOKED = "SELECT sku FROM reservation WHERE vendor = $1 AND state = 1 AND since_ms < $2 \
        GROUP BY sku ORDER BY MIN(since_ms), sku LIMIT $3";
    ORPHANS = "SELECT r.order_id, r.sku, r.qty, r.state, r.since_ms FROM reservation r \
        LEFT JOIN orders o ON o.vendor = r.vendor AND o.id = r.order_id \
        WHERE r.vendor = $1 AND r.state < 2 AND (o.id IS NULL OR o.stage = 'closed') ORDER BY r.order_id, r.sku LIMIT $2";
    PRINTS = "SELECT sku, article_print, stock_print FROM sku WHERE vendor = $1 AND sku > $2 ORDER BY sku LIMIT $3";
    CURSOR_OF = "SELECT value FROM cursor WHERE vendor = $1 AND name = $2";
    CURSORS = "SELECT name, value FROM cursor WHERE vendor = $1 ORDER BY name";
    ITEMS = "SELECT id, code, cause, params, since_ms FROM attention WHERE vendor = $1 ORDER BY since_ms, id LIMIT $2";
    ITEM_SUBJECTS = "SELECT code, cause, kind, key, blocked FROM (SELECT s.code, s.cause, s.kind, s.key, \
        row_number() OVER (PARTITION BY s.code, s.cause ORDER BY s.key, s.kind) AS place, \
        count(*) OVER (PARTITION BY s.code, s.cause) AS blocked \
        FROM (SELECT vendor, code, cause FROM attention WHERE vendor = $1 ORDER BY since_ms, id LIMIT $2) a \
        CROSS JOIN attention_subject s WHERE s.vendor = a.vendor AND s.code = a.code AND s.cause = a.cause) numbered \
        WHERE place <= $3 ORDER BY code, cause, place";
    SUBJECTS = "SELECT s.kind, s.key FROM attention a CROSS JOIN attention_subject s \
        WHERE a.id = $1 AND a.vendor = $2 AND s.vendor = a.vendor AND s.code = a.code AND s.cause = a.cause \
        AND s.key > $3 ORDER BY s.key, s.kind LIMIT $4";
    RECEIPT_AT = "SELECT at_ms, mapping_version, parts, body FROM receipt \
        WHERE vendor = $1 AND sku = $2 AND at_ms <= $3 AND (parts & $4) = $4 ORDER BY at_ms DESC, seq DESC LIMIT 1";
    RECEIPTS = "SELECT sku, at_ms, seq, body FROM receipt WHERE vendor = $1 AND (sku, at_ms, seq) > ($2, $3, $4) \
        AND at_ms >= $5 AND at_ms < $6 ORDER BY sku, at_ms, seq LIMIT $7";
    JOURNAL_OF = "SELECT seq, kind, key, at_ms, cause, actor, old, new FROM journal \
        WHERE vendor = $1 AND kind = $2 AND key = $3 ORDER BY seq DESC LIMIT $4";
    JOURNAL_BETWEEN = "SELECT seq, kind, key, at_ms, cause, actor, old, new FROM journal \
        WHERE vendor = $1 AND kind = $2 AND key = $3 AND at_ms >= $4 AND at_ms <= $5 ORDER BY seq LIMIT $6";
    JOURNAL_AFTER = "SELECT seq, kind, key, at_ms, cause, actor, old, new FROM journal \
        WHERE vendor = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    FILES_OF = "SELECT order_id, kind, name, hash, size, at_ms FROM order_file WHERE vendor = $1 AND order_id = $2 \
        ORDER BY kind, name";
    FILES_SINCE = "SELECT order_id, kind, name, hash, size, at_ms FROM order_file WHERE vendor = $1 AND kind = $2 \
        AND (at_ms, order_id, name) > ($3, $4, $5) AND at_ms < $6 ORDER BY at_ms, order_id, name LIMIT $7";
    // First the keys, which the index of the hash holds in order: asked for whole rows, SQLite walks the vendor's primary key.
    FILES_WITH = "SELECT f.order_id, f.kind, f.name, f.hash, f.size, f.at_ms FROM (SELECT vendor, order_id, kind, name \
        FROM order_file WHERE vendor = $1 AND hash = $2 ORDER BY order_id, kind, name LIMIT $3) k \
        CROSS JOIN order_file f WHERE f.vendor = k.vendor AND f.order_id = k.order_id AND f.kind = k.kind AND f.name = k.name";
    FILE_CONTENT = "SELECT content FROM file WHERE vendor = $1 AND hash = $2";
    STRAYS = "SELECT order_id, id, advised, received, scrapped, why, at_ms FROM stray_return WHERE vendor = $1 \
        AND (order_id, id) > ($2, $3) ORDER BY order_id, id LIMIT $4";
    PICKUP_OF = "SELECT version, state, id FROM pickup WHERE vendor = $1 AND id = $2";
    PICKUPS = "SELECT version, state, id FROM pickup WHERE vendor = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    BACKLOG = "SELECT vendor, 'inbox' AS queue, count(*) AS depth, MIN(at_ms) AS oldest FROM inbox WHERE done = 0 \
        GROUP BY vendor UNION ALL SELECT vendor, kind, count(*), MIN(since_ms) FROM effect GROUP BY vendor, kind \
        ORDER BY 1, 2";
    NEWEST_MS = "SELECT CAST(max(at_ms) AS bigint) FROM (SELECT max(at_ms) AS at_ms FROM sku \
         UNION ALL SELECT max(at_ms) FROM orders UNION ALL SELECT max(at_ms) FROM inbox) AS newest";
    META_OF = "SELECT value FROM meta WHERE name = $1";
    VENDORS = "SELECT vendor, name, settings, at_ms FROM vendor ORDER BY vendor";
    VENDOR_OF = "SELECT vendor, name, settings, at_ms FROM vendor WHERE vendor = $1";
    CONNECTIONS = "SELECT vendor, name, kind, base_url, settings, secrets FROM connection WHERE vendor = $1 ORDER BY name";
    ALL_CONNECTIONS = "SELECT vendor, name, kind, base_url, settings, secrets FROM connection ORDER BY vendor, name";
    CONTENT_COUNT = "SELECT count(*) FROM content WHERE vendor = $1";
    NEWEST_RATES = "SELECT date, currency, source, ron_per_unit FROM rate WHERE date >= (SELECT COALESCE(MIN(date), '') \
        FROM (SELECT DISTINCT date FROM rate ORDER BY date DESC LIMIT $1) newest) ORDER BY date DESC, currency, source";
    RATE_WORDS = "SELECT currency, date, verdict, ron_per_unit, author, reason, at_ms FROM rate_word \
        WHERE vendor = $1 ORDER BY seq DESC LIMIT $2";
    // What is or was only tried is not live, unless it was promoted.
    MAPPING_LIVE = "SELECT version, body, author, note, at_ms FROM mapping_version m WHERE vendor = $1 \
        AND NOT EXISTS (SELECT 1 FROM mapping_trial t WHERE t.vendor = m.vendor AND t.version = m.version \
        AND t.state <> 'promoted') ORDER BY version DESC LIMIT 1";
    MAPPING_LAST = "SELECT MAX(version) FROM mapping_version WHERE vendor = $1";
    MAPPING_OF = "SELECT version, body, author, note, at_ms FROM mapping_version WHERE vendor = $1 AND version = $2";
    MAPPING_OF_AUTHOR = "SELECT version, body, author, note, at_ms FROM mapping_version WHERE vendor = $1 AND author = $2 \
        ORDER BY version DESC LIMIT 1";
    MAPPING_OF_WISH = "SELECT version FROM mapping_version WHERE vendor = $1 AND wish = $2";
    MAPPINGS = "SELECT version, body, author, note, at_ms FROM mapping_version WHERE vendor = $1 AND version < $2 \
        ORDER BY version DESC LIMIT $3";
    MAPPING_DRAFTS = "SELECT name, base, body, author, at_ms FROM mapping_draft WHERE vendor = $1 ORDER BY name LIMIT $2";
    MAPPING_DRAFT_OF = "SELECT name, base, body, author, at_ms FROM mapping_draft WHERE vendor = $1 AND name = $2";
    MAPPING_TRIALS = "SELECT version, base, share_percent, stop_percent, stop_from, promote_after, state, at_ms, ended_ms \
        FROM mapping_trial WHERE vendor = $1 ORDER BY version DESC LIMIT $2";
    MAPPING_TRIALS_RUNNING = "SELECT vendor, version FROM mapping_trial WHERE state = 'running' ORDER BY vendor";
    TOKEN_OF = "SELECT hash, vendor, role, name, at_ms, revoked_ms FROM api_token WHERE hash = $1";
    TOKENS = "SELECT hash, vendor, role, name, at_ms, revoked_ms FROM api_token ORDER BY at_ms, hash";
    IDEMPOTENCY_OF = "SELECT body_hash, response, expires_ms FROM idempotency WHERE vendor = $1 AND key = $2";

    ACCOUNT_OF = "SELECT login, name, password, at_ms FROM account WHERE login = $1";
    ACCOUNTS = "SELECT login, name, password, at_ms FROM account ORDER BY login";
    ROLES_OF = "SELECT vendor, role FROM account_role WHERE login = $1 ORDER BY vendor";
    ACCOUNTS_OF_VENDOR = "SELECT r.login, a.name, r.role FROM account_role r CROSS JOIN account a \
        WHERE r.vendor = $1 AND a.login = r.login ORDER BY r.login LIMIT $2";
    SESSION_OF = "SELECT s.login, a.name, s.seen_ms, s.expires_ms, COALESCE(r.vendor, ''), COALESCE(r.role, '') \
        FROM session s JOIN account a ON a.login = s.login LEFT JOIN account_role r ON r.login = s.login WHERE s.hash = $1 ORDER BY r.vendor";
    SESSIONS_OF = "SELECT hash, address, agent, at_ms, seen_ms, expires_ms FROM session WHERE login = $1 \
        ORDER BY seen_ms DESC LIMIT $2";
    INVITATION_OF = "SELECT login FROM invitation WHERE hash = $1 AND expires_ms > $2";
    AUDIT_HEAD = "SELECT seq, mac FROM audit WHERE seq = (SELECT max(seq) FROM audit)";
    AUDIT_AFTER = "SELECT seq, at_ms, vendor, actor, origin, act, subject, old, new, outcome, asked, mac FROM audit \
        WHERE seq > $1 ORDER BY seq LIMIT $2";
    // An announced act that has ended is told by its end alone.
    AUDIT_BEFORE = "SELECT seq, at_ms, vendor, actor, origin, act, subject, old, new, outcome, asked, mac FROM audit \
        WHERE vendor = $1 AND seq < $2 AND (outcome <> 'asked' OR NOT EXISTS (SELECT 1 FROM audit e WHERE e.asked = audit.seq)) \
        ORDER BY seq DESC LIMIT $3";
    VENDOR_NAMES = "SELECT vendor, name FROM vendor WHERE vendor > $1 ORDER BY vendor LIMIT $2";
    TOKENS_OF = "SELECT hash, vendor, role, name, at_ms, revoked_ms FROM api_token WHERE vendor = $1 ORDER BY at_ms, hash LIMIT $2";
    ORDERS_PLACED = "SELECT version, state, id FROM orders WHERE vendor = $1 AND (placed_ms, id) < ($2, $3) \
        ORDER BY placed_ms DESC, id DESC LIMIT $4";
    ORDERS_PLACED_OF_STAGE = "SELECT version, state, id FROM orders WHERE vendor = $1 AND stage = $2 \
        AND (placed_ms, id) < ($3, $4) ORDER BY placed_ms DESC, id DESC LIMIT $5";
    JOURNAL_BEFORE = "SELECT seq, kind, key, at_ms, cause, actor, old, new FROM journal \
        WHERE vendor = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
    JOURNAL_BEFORE_OF = "SELECT seq, kind, key, at_ms, cause, actor, old, new FROM journal \
        WHERE vendor = $1 AND kind = $2 AND key = $3 AND seq < $4 ORDER BY seq DESC LIMIT $5";
    ORDER_COUNTS = "SELECT stage, market, CAST(count(*) AS bigint), CAST(sum(gross_minor) AS bigint) FROM orders \
        WHERE vendor = $1 AND placed_ms >= $2 AND placed_ms < $3 GROUP BY stage, market ORDER BY stage, market";
    ORDERS_BY_HOUR = "SELECT placed_ms / 3600000, CAST(count(*) AS bigint) FROM orders \
        WHERE vendor = $1 AND placed_ms >= $2 GROUP BY 1 ORDER BY 1";
    ATTENTION_COUNT = "SELECT count(*) FROM attention WHERE vendor = $1";
    BACKLOG_OF = "SELECT 'inbox' AS queue, count(*) AS depth, MIN(at_ms) AS oldest FROM inbox WHERE done = 0 AND vendor = $1 \
        UNION ALL SELECT kind, count(*), MIN(since_ms) FROM effect WHERE vendor = $1 GROUP BY kind ORDER BY 1";
}
