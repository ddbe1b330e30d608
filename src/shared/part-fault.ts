// What is wrong with a part that the service needs: a word for anybody, a sentence for the operator.

export interface PartFault {
  /** For `/readyz`: nothing in it is secret. */
  readonly word: string;
  /** True: it stays until somebody changes a setting. False: it may pass, as an outage and a failover do. */
  readonly lasting: boolean;
  /** What is wrong and what to do, with the name of the variable. Never a password. */
  readonly advice: string;
}
