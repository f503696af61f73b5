# The application in its own environment, from the same hashed lock as `make demo`.
FROM python:3.11-slim
RUN useradd --create-home lienthong \
    && apt-get update && apt-get install -y --no-install-recommends graphviz \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml LICENSE NOTICE ./
COPY app app
COPY consumers consumers
COPY engine engine
COPY schemas schemas
COPY workflows workflows
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
USER lienthong
WORKDIR /home/lienthong
ENTRYPOINT ["lienthong"]
