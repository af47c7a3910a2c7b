// FROZEN on release: one entry per store version, applied in order, never edited. Imports nothing.

export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE revisions (
     revision INTEGER PRIMARY KEY,
     digest TEXT NOT NULL,
     at INTEGER NOT NULL,
     author TEXT NOT NULL,
     note TEXT NOT NULL,
     allow TEXT NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE TABLE reports (
     node TEXT PRIMARY KEY,
     at INTEGER NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE TABLE events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL,
     node TEXT NOT NULL,
     at INTEGER NOT NULL,
     kind TEXT NOT NULL,
     text TEXT NOT NULL,
     UNIQUE (node, id)
   ) STRICT;
   CREATE TABLE holders (
     vip TEXT PRIMARY KEY,
     text TEXT NOT NULL
   ) STRICT;`,
  `CREATE TABLE notices (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     body TEXT NOT NULL
   ) STRICT;`,
  `CREATE TABLE alerts (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     key TEXT NOT NULL,
     topic TEXT NOT NULL,
     about TEXT NOT NULL,
     text TEXT NOT NULL,
     since INTEGER NOT NULL,
     seen INTEGER NOT NULL,
     closed INTEGER,
     UNIQUE (key, since)
   ) STRICT;`,
  `CREATE TABLE confirms (
     revision INTEGER PRIMARY KEY REFERENCES revisions (revision),
     window_ms INTEGER NOT NULL,
     confirmed_at INTEGER
   ) STRICT;`,
  `ALTER TABLE revisions ADD COLUMN signature TEXT NOT NULL DEFAULT '';
   ALTER TABLE revisions ADD COLUMN signer TEXT NOT NULL DEFAULT '';`,
  `CREATE TABLE results (
     revision INTEGER NOT NULL REFERENCES revisions (revision) ON DELETE CASCADE,
     node TEXT NOT NULL,
     result TEXT NOT NULL,
     at INTEGER NOT NULL,
     reason TEXT NOT NULL,
     PRIMARY KEY (revision, node)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE marks (
     name TEXT PRIMARY KEY,
     value INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE orders (
     id TEXT PRIMARY KEY,
     kind TEXT NOT NULL,
     about TEXT NOT NULL,
     body TEXT NOT NULL,
     UNIQUE (kind, about)
   ) STRICT;
   CREATE TABLE lifts (
     id TEXT PRIMARY KEY,
     node TEXT NOT NULL
   ) STRICT;`,
]
