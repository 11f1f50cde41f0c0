# One recipe for every service; the build argument SERVICE names which. Node 24 runs the TypeScript
# sources as they are: there is no build step.
ARG NODE_VERSION
FROM node:${NODE_VERSION}-bookworm-slim

WORKDIR /app
COPY package.json package-lock.json ./
COPY packages packages
COPY services services
COPY schemas schemas
COPY infra/local infra/local
COPY infra/alerts infra/alerts
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --no-audit --no-fund

# Last, so that all services share every layer above.
ARG SERVICE
ENV NODE_ENV=production SERVICE=${SERVICE}
USER node
CMD ["sh", "-c", "exec node services/$SERVICE/src/main.ts"]
