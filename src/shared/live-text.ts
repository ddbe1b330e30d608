// A text that may be another one later: a secret that a reload has read again. Code that needs it asks each time.

export type LiveText = string | (() => string);

export const textOf = (text: LiveText): string => (typeof text === 'function' ? text() : text);
