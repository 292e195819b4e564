"""Classes by name: ours are the modules of a folder; others register when they are imported.

No outside module is ever imported because a file names it: a user's own class is known only once
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
from collections.abc import Collection
from pathlib import Path
from types import ModuleType

from metarl.checks import short_repr

_files: dict[str, Path] = {}  # module name -> path, of modules that were imported by path


class UnknownNameError(ValueError):
    """The name of a class that is neither ours nor imported."""


class Registry:
    """The classes of one kind.

    Args:
      setting: the setting that names a class, as in `family`.
      what: what the classes are, as in "task family".
      package: the package whose modules define ours.
      others: modules in it that define none.
    """

    def __init__(self, setting: str, what: str, package: str, others: Collection[str] = ()) -> None:
        self._setting, self._what, self._package, self._others = setting, what, package, others
        self._classes: dict[str, type] = {}

    def register(self, kind: type, name: str | None) -> str:
        """Registers a class; returns its name.

        Args:
          kind: the class.
          name: its name; None derives it from the class name (`TwoStep`: `two_step`).

        Raises:
          ValueError: if the name is not an identifier, or belongs to another class.
        """
        setting = self._setting
        if name is None:
            name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__.strip("_")).lower()
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"`{setting}` must be a name like 'two_step', got {short_repr(name)}.")
        if not kind.__module__.startswith(f"{self._package}."):
            self.names()  # imports ours first: none of them may find its name taken later
        holder = self._classes.get(name)
        if holder is not None and _place(holder) != _place(kind):
            raise ValueError(
                f"`{setting}` must be a new name, got {name!r}, which belongs to "
                f"{holder.__module__}.{holder.__qualname__}. Give {kind.__qualname__} another: "
                f"class {kind.__name__}(..., {setting}='my_{name}')."
            )
        self._classes[name] = kind
        return name

    def find(self, name: object) -> type:
        """Finds a class.

        Raises:
          UnknownNameError: if it is neither ours nor imported.
        """
        if not isinstance(name, str) or name not in (*self._classes, *self.names()):
            raise UnknownNameError(
                f"`{self._setting}` must be a known {self._what}, got {short_repr(name)}. Known: "
                f"{', '.join(sorted(self._classes))}. Import the file that defines it: "
                "--import=FILE.py on the command line, or `import` in Python."
            )
        return self._classes[name]

    def names(self) -> list[str]:
        """The names of all known classes: ours, and imported ones."""
        for module in pkgutil.iter_modules(importlib.import_module(self._package).__path__):
            if module.name not in self._others:
                importlib.import_module(f"{self._package}.{module.name}")
        return sorted(self._classes)

    def import_again(self, name: str, origin: "Origin") -> type:
        """Finds a class in another process, where it may have to be imported first."""
        module, file = origin
        if file is not None:
            import_file(file)
        elif name not in self._classes:
            importlib.import_module(module)
        return self.find(name)


Origin = tuple[str, str | None]


def origin(kind: type, setting: str) -> Origin:
    """How another process finds a class: its module, and the module's file (or None).

    Raises:
      ValueError: if another process cannot import it; `setting` is what the message calls it.
    """
    file = _files.get(kind.__module__)
    if kind.__module__ == "__main__" and not hasattr(sys.modules["__main__"], "__file__"):
        raise ValueError(
            f"`{setting}` must be of a class that worker processes can import, got "
            f"{kind.__name__}, which is defined in this notebook or session. Move it to a module "
            "in the same folder and import that, or train with num_workers=0."
        )
    return kind.__module__, None if file is None else str(file)


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
