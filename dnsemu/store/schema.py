"""The tables of the database, in version `SCHEMA_VERSION`."""

from sqlalchemy import Column, Integer, MetaData, Table, Text

SCHEMA_VERSION = 1
"""Increased by each change that an older version would misread."""

METADATA = MetaData()

META = Table(
    "meta",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""`schema_version`, and `product_version`, the dnsemu that opened the database last."""

ROWS = Table(
    "rows",
    METADATA,
    Column("table", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""All rows but record sets; `key` and `body` are JSON."""

RECORD_SETS = Table(
    "record_sets",
    METADATA,
    Column("zone_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("set_identifier", Text, primary_key=True),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Record sets. Without a set identifier the column is empty, since a key cannot be null. `body` is JSON."""

SET_ASIDE = Table(
    "set_aside",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("table", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("why", Text, nullable=False),
)
"""Rows that could not be served and were left out on request, as they were; dnsemu only adds to it."""
