"""Control calls: one module a subject, each a class that is given the few objects it reads and lists its `routes`."""
