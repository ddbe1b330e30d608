// Services as people know them.

/** Who signs in with a service token is `token:NAME` in the log. */
export const serviceName = (service: string): string => service.replace(/^token:/, '');
