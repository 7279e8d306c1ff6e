"""The store: makes the API's state durable, and writes it to snapshot files that another emulator can read.

Start at `store.Store`, which commits the writes of a step and loads the state; `database` implements it on SQLite and
PostgreSQL (`backends`, `schema`), `opening` makes one from a URL. `rows` and `codec` turn values into JSON and back;
`snapshot` does so for a whole state. A store does not know what rows mean. May import: state.
"""
