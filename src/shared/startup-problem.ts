// What stops a start, or a command, before it has changed anything.

/** The message is for the operator: what is wrong and what to do. It is printed without a stack, and never contains a secret. */
export class StartupProblem extends Error {
  override readonly name = 'StartupProblem';
}
