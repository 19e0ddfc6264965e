"""The test and evaluation harness for Gradio apps.

Imported by pytest in every session of an environment it is installed in, so this
module and `plugin` load nothing but the standard library; see ARCHITECTURE.md.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
