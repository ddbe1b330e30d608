# The image of the key service: built JavaScript, production dependencies, no shell needed, no root.
# `docker build .` or `./deploy-byok.sh`; the build context is the short list in .dockerignore.

# The tag here, or a digest of it: deploy-byok.sh looks it up once and keeps it (deploy/images.lock).
ARG NODE_IMAGE=node:24-slim

# Types are checked and stripped and the page is built here; compiler and bundler stay behind.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY ui ./ui
RUN npm run build && chmod 0755 dist/cli/byok.js

# What runs needs no development packages, and not the Node that a checkout brings along (120 MB).
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --omit=dev --omit=optional

FROM ${NODE_IMAGE}
WORKDIR /app
RUN mkdir -m 0700 /data && chown node:node /data && ln -s /app/dist/cli/byok.js /usr/local/bin/byok
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY deploy/healthcheck.mjs ./deploy/
COPY --from=build /app/dist ./dist

ENV NODE_ENV=production BYOK_DATA_DIR=/data
USER node
# The only place the service writes to: the root file system may be read-only.
VOLUME ["/data"]
EXPOSE 8084
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "deploy/healthcheck.mjs"]
CMD ["node", "dist/main.js"]

# Last, because they change with every commit and would otherwise spoil the layers above.
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ops-center-byok" \
      org.opencontainers.image.description="Custody of LLM provider keys over Keycloak" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
