"""The promised figures, measured: ``make bench``. Each module ``bench_*.py`` is one group."""
