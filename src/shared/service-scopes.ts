// What a calling service may be allowed. Each is a client role too: `byok-resolve` and so on.

export const SERVICE_SCOPES = ['resolve', 'usage', 'tier'] as const;
export type ServiceScope = (typeof SERVICE_SCOPES)[number];
