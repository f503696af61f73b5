# The application in an environment of its own, from the same hashed lock as `make demo`.
# Another base, for a machine that cannot pull this one: --build-arg PYTHON=…
ARG PYTHON=python:3.11.14-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /srv
RUN python3 -m venv /opt/lienthong
ENV PATH=/opt/lienthong/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml LICENSE NOTICE ./
COPY app app
COPY consumers consumers
COPY engine engine
COPY schemas schemas
COPY workflows workflows
RUN pip install --no-deps --no-build-isolation . && pip uninstall --yes pip setuptools wheel

FROM ${PYTHON}
# Graphviz draws procedures; WeasyPrint prints forms with Pango and a typeface. Nothing else is
# needed beside Python.
RUN apt-get update && apt-get install -y --no-install-recommends \
        graphviz libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation2 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 lienthong \
    && install --directory --owner=lienthong /var/lib/lienthong/uploads
COPY --from=build /opt/lienthong /opt/lienthong
ENV PATH=/opt/lienthong/bin:$PATH PYTHONUNBUFFERED=1
USER lienthong
WORKDIR /home/lienthong
ENTRYPOINT ["lienthong"]
