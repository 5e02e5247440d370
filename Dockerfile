# One image for the API and the worker: `docker compose up` starts both from it. See docs/setup.md.
# Not built here yet: there is no Docker on the machine it was written on. It is linted in .ci/run.

FROM node:22-bookworm-slim AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates g++ python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /rootstock
# The engine and the queue server's binary: `--build-arg ENGINE=cuda` makes the GPU image, which has not run on a GPU yet.
ARG ENGINE=cpu
# The service gets its queue from REDIS_URL; without this the set-up would add a Valkey to the image.
ENV ENGINE=$ENGINE REDIS_URL=redis://redis:6379 ROOTSTOCK_CACHE=/rootstock/.cache
COPY . .
# Built with the development packages, then installed again without them; the engine comes from the cache the second time.
RUN node scripts/setup.mjs \
 && rm -rf node_modules \
 && NODE_ENV=production node scripts/setup.mjs \
 && find .cache -path '*/include' -prune -exec rm -r {} +

FROM node:22-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=7070 DATA_DIR=/data ROOTSTOCK_CACHE=/rootstock/.cache
WORKDIR /rootstock
# The links under node_modules lead into .cache: it keeps its path.
COPY --from=build /rootstock/.cache ./.cache
COPY --from=build /rootstock/node_modules ./node_modules
COPY --from=build /rootstock/dist ./dist
COPY package.json package-lock.json LICENSE ./
COPY scripts ./scripts
COPY docs ./docs
RUN mkdir /data && chown 1000:1000 /data
# The image's own user `node`, by number, so that a host can check that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 7070
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# The worker is the same image with: node dist/workers/train-worker.js
CMD ["node", "dist/server.js"]
