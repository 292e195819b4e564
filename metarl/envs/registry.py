"""Task families by name: ours are the modules in this folder; others register when imported.

No outside module is ever imported because a file names it: a user's own family is known only once
the user has imported the module that defines it.
"""

import importlib
import importlib.machinery
import importlib.util
import os
import pkgutil
import re
import sys
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

from metarl.checks import short_repr

_families: dict[str, type] = {}
_files: dict[str, Path] = {}  # module name -> path, of modules that were imported by path


class UnknownFamilyError(ValueError):
    """A task family that is neither ours nor imported."""


def register(kind: type, name: str | None) -> str:
    """Registers a task family's class; returns the family's name.

    Args:
      kind: the class.
      name: the family's name; None derives it from the class name (`TwoStep`: `two_step`).

    Raises:
      ValueError: if the name is not an identifier, or belongs to another class.
    """
    if name is None:
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__.strip("_")).lower()
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"`family` must be a name like 'two_step', got {short_repr(name)}.")
    if not kind.__module__.startswith("metarl.envs."):
        names()  # imports ours first: none of them may find its name taken later
    holder = _families.get(name)
    if holder is not None and _place(holder) != _place(kind):
        raise ValueError(
            f"`family` must be a new name, got {name!r}, which belongs to {holder.__module__}."
            f"{holder.__qualname__}. Give {kind.__qualname__} another: "
            f"class {kind.__name__}(..., family='my_{name}')."
        )
    _families[name] = kind
    return name


def find(name: object) -> Any:
    """Finds the class of a task family.

    Raises:
      UnknownFamilyError: if it is neither ours nor imported.
    """
    if not isinstance(name, str) or name not in (*_families, *names()):
        raise UnknownFamilyError(
            f"`family` must be a known task family, got {short_repr(name)}. Known families: "
            f"{', '.join(sorted(_families))}. Import the file that defines it: "
            "--import=FILE.py on the command line, or `import` in Python."
        )
    return _families[name]


def names() -> list[str]:
    """The names of all known task families: ours, and imported ones."""
    import metarl.envs as ours

    for module in pkgutil.iter_modules(ours.__path__):
        if module.name not in ("core", "registry", "gym"):
            importlib.import_module(f"metarl.envs.{module.name}")
    return sorted(_families)


def import_file(path: str | Path, *, again: bool = False) -> ModuleType:
    """Imports a Python file by its path; it can import other files in its folder.

    Args:
      path: the file.
      again: whether to run the file again if it was imported before, as it may have been edited.
        Otherwise a module already imported from this file, under any name, is returned.

    Returns:
      The module. No bytecode is written to the file's folder.
    """
    path = Path(path).resolve()
    name = f"{re.sub(r'[^0-9a-zA-Z_]', '_', path.stem)}_at_{zlib.crc32(os.fsencode(path)):x}"
    if not again:
        for imported in list(sys.modules.values()):
            if getattr(imported, "__dict__", {}).get("__file__") == str(path):
                return imported
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_file_location(name, path, loader=loader)  # type: ignore[arg-type]
    )
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    before = sys.modules.get(name)
    sys.modules[name], _files[name] = module, path
    try:
        exec(loader.source_to_code(loader.get_data(str(path)), str(path)), module.__dict__)
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    return module


def _place(kind: type) -> tuple[str, str]:
    """The file and name of a class: it is the same class if its file is imported twice."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return file or kind.__module__, kind.__qualname__


def origin(kind: Any) -> tuple[str, str | None, str]:
    """How another process finds a class: its module, the module's file (or None), its family.

    Raises:
      ValueError: if another process cannot import it.
    """
    file = _files.get(kind.__module__)
    if kind.__module__ == "__main__" and not hasattr(sys.modules["__main__"], "__file__"):
        raise ValueError(
            "`environment` must be of a class that worker processes can import, got "
            f"{kind.__name__}, which is defined in this notebook or session. Move it to a module "
            "in the same folder and import that, or train with num_workers=0."
        )
    return kind.__module__, None if file is None else str(file), kind.family


def rebuild(module: str, file: str | None, family: str, fields: dict[str, Any]) -> Any:
    """Builds a task family in another process, from the `origin` of its class."""
    if file is not None:
        import_file(file)
    elif family not in _families:
        importlib.import_module(module)
    return find(family)(**fields)
