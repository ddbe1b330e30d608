// How column values become JavaScript values, the same on PostgreSQL and on PGlite, which differ in their defaults.

/** Parsers of PostgreSQL's text format by type (the number is the type's OID, from pg_type.dat). */
export const COLUMN_PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  // bytea
  17: (text) => Buffer.from(text.slice(2), 'hex'),
  // int8: what we count stays far below 2^53.
  20: Number,
  // date: a day has no zone, so it must not become an instant.
  1082: (text) => text,
};
