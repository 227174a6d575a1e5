"""Make `python -m pratique` the same as `pratique`."""

from pratique.milter.cli.main import main

if __name__ == "__main__":
    main()
