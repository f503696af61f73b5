"""Everything that happens, as server-sent events, for those who do not read Kafka."""
