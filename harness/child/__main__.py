"""The process that `Subprocess.begin` starts."""

from .service import main

main()
