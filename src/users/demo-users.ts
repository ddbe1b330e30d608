// The people of the embedded default: one a tier, no passwords, for trying things out on one machine.

export interface DemoUser {
  readonly email: string;
  readonly tier: string;
  /** What this person shows, for the sign-in page. */
  readonly shows: string;
  readonly roles: readonly string[];
}

export const DEMO_USERS: readonly [DemoUser, ...DemoUser[]] = [
  { email: 'trial@example.com', tier: 'trial', shows: 'Looks around; adding a key is refused', roles: [] },
  { email: 'starter@example.com', tier: 'starter', shows: 'Adds, tests and removes keys', roles: [] },
  { email: 'professional@example.com', tier: 'professional', shows: 'The same, one tier up', roles: [] },
  {
    email: 'enterprise@example.com',
    tier: 'enterprise',
    shows: 'The same, on the highest tier, and administers',
    roles: ['byok-admin'],
  },
];
