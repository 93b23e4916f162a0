# One image for all: the command says whether it is the bot, a worker (`python -m worker`) or the migrations
# (`python -m db migrate`). Build it with the revision in it:
#
#   docker build --build-arg REVISION=$(git rev-parse HEAD) --tag tigerbrush:0.1.0 .

# The tag names a patch release of Python. It is rebuilt with Debian's security updates, which a digest would keep out.
FROM python:3.13.16-slim-trixie AS base


FROM base AS builder
WORKDIR /build
# Which lists, with blanks between: `--build-arg REQUIREMENTS=credentials` adds what signs pictures, and
# `--build-arg REQUIREMENTS="credentials traces"` what sends traces as well. Each has all of runtime, in the same versions.
ARG REQUIREMENTS=runtime
COPY requirements requirements
# No pip of its own: nothing is installed any more where it runs.
RUN python -m venv --without-pip /opt/venv
# Wheels only, as there is no compiler; the locked list is complete, so that nothing has to be resolved.
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /opt/venv/bin/python install --quiet --disable-pip-version-check --no-compile \
    --no-deps --only-binary=:all: --require-hashes $(printf " --requirement requirements/%s.txt" ${REQUIREMENTS})
# Of Amazon's hundreds of services one is spoken to; what describes the others is a fifth of all that was installed.
RUN find /opt/venv/lib/python3.*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d ! -name s3 -exec rm -r {} +
# Compiled here, as nothing can be written where it runs and a start would compile everything anew.
# Unchecked: a file in an image does not change, so there is no date to compare.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib
# What tells scanners what was installed; it stays behind.
RUN python -m venv --without-pip /opt/sbom
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /opt/sbom/bin/python install --quiet --disable-pip-version-check --no-compile \
    --no-deps --only-binary=:all: --require-hashes --requirement requirements/sbom.txt
COPY pyproject.toml pyproject.toml
WORKDIR /app
# Under a name that they look for, and the same whenever it is built. To validate it would take twenty times as long.
RUN /opt/sbom/bin/cyclonedx-py environment --no-validate --pyproject /build/pyproject.toml --output-reproducible \
    --output-file tigerbrush.cdx.json /opt/venv/bin/python
COPY bot bot
COPY worker worker
COPY ops ops
COPY db db
COPY core core
RUN python -m compileall -q --invalidation-mode unchecked-hash bot worker ops db core


FROM base AS runtime
# A fixed number, so that a platform which knows no names can tell that it is not root.
RUN groupadd --gid 10001 tigerbrush \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tigerbrush
# All of it is root's, so the processes cannot change what they run.
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
# The processes know what to do with it as soon as Python runs. For the moment before, have an init, as Fly.io and
# compose.yaml have one (`docker run --init`): process 1 has no default for signals.
STOPSIGNAL SIGTERM
# No EXPOSE: nothing of it is for the public, and `fly launch` would make a public service of it.
# No ENTRYPOINT: Fly.io's process groups and its release command name the whole command.
CMD ["python", "-m", "bot"]

# At the end, as they change with every revision and nothing is built from them.
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="Tigerbrush" \
      org.opencontainers.image.description="A Discord bot front end for AI image generation" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
