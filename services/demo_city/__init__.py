"""海宁市, an invented city of 20,800 accounts for demo, tests and documentation. `python -m services.demo_city`."""
