// Where a realm is.

/** @param base without a slash at the end. @returns the realm's address, spelled as Keycloak spells it in issuers. */
export const realmAddress = (base: string, realm: string): string => `${base}/realms/${encodeURIComponent(realm)}`;
