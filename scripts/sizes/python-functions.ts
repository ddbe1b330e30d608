// The functions of a Python file, found by indentation, so that no Python is needed to check them.
import type { FunctionSpan } from './function-spans.ts';

/** What may hide or hold a line break, and line breaks. */
const TOKEN =
  /#[^\n]*|"""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|\\\n|[()[\]{}\n]/g;

/** A statement with everything inside its brackets and strings, however many lines that takes. */
interface Statement {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly firstLine: number;
  readonly lastLine: number;
}

export function pythonFunctions(text: string): FunctionSpan[] {
  const code = statements(text).filter((statement) => /^\s*[^\s#]/.test(statement.text));
  return code.flatMap((statement, index) => {
    const [, indent = '', name = ''] = /^(\s*)(?:async\s+)?def\s+(\w+)/.exec(statement.text) ?? [];
    if (name === '') return [];
    const after = code.slice(index + 1);
    const body = after.findIndex((next) => indentOf(next) <= indent.length);
    const { end, lastLine } = (body === -1 ? after : after.slice(0, body)).at(-1) ?? statement;
    return [{ name, start: statement.start, end, firstLine: statement.firstLine, lastLine }];
  });
}

const indentOf = ({ text }: Statement): number => text.length - text.trimStart().length;

function statements(text: string): Statement[] {
  const found: Statement[] = [];
  let depth = 0;
  let line = 1;
  let begun = { start: 0, firstLine: 1 };
  const finish = (end: number): void => {
    found.push({ ...begun, text: text.slice(begun.start, end), end, lastLine: line });
    begun = { start: end + 1, firstLine: line + 1 };
  };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if ('([{'.includes(token)) depth += 1;
    else if (')]}'.includes(token)) depth -= 1;
    else if (token === '\n' && depth <= 0) finish(index);
    line += token.split('\n').length - 1;
  }
  finish(text.length);
  return found;
}
