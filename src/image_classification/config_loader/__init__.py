"""Kedro's configuration loader with one more layer: base < local < the named environment < --params."""

from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from image_classification.config_loader.data_folder import NAME as DATA_FOLDER
from image_classification.config_loader.data_folder import path_of_data
from image_classification.config_loader.layers import fitting_layers
from image_classification.errors import UserError
from image_classification.files.troubles import require_readable
from image_classification.words import did_you_mean, nearest_names


class LayeredConfigLoader(OmegaConfigLoader):
    """Read `conf/base`, then `conf/local`, then the folder that `--env` names; later ones win.

    A person's own settings in `conf/local` (which may be missing) hold whatever environment is named, where
    plain Kedro would drop them. The layers are merged before references such as `${name}` are resolved, so a
    value that is replaced in one layer is replaced for every reference to it.

    Raises:
        UserError: the environment does not exist, a file is not valid YAML, two files of one folder set the
            same key, what is a list in one layer is a group in another, or a reference leads nowhere.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # what each file says, by key, the weakest layer first
        self._contents: dict[str, dict[Path, dict[str, Any]]] = {}
        super().__init__(*args, **kwargs)

    def __getitem__(self, key: str) -> dict[str, Any]:
        try:
            configuration: dict[str, Any] = super().__getitem__(key)
        except (OmegaConfBaseException, RecursionError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"The configuration of {key!r} cannot be put together: {reason}") from error
        if key == "globals" and DATA_FOLDER in configuration:
            folder = path_of_data(configuration[DATA_FOLDER], "globals.yml")
            return configuration | {DATA_FOLDER: folder}
        return configuration

    def layers(self) -> list[str]:
        """Return the names of the environments that are read, the weakest first."""
        named = self.env or self.default_run_env
        if named == self.base_env:
            return [self.base_env]
        layers = [self.base_env, self.default_run_env, named]
        return [layer for layer in dict.fromkeys(layers) if layer != self.default_run_env or self._has(layer)]

    def origin(self, key: str, path: Sequence[str | int]) -> str | None:
        """Return where the value at a path was written: `--params`, a file's name, or None for nowhere."""
        if _holds(self.runtime_params, path):
            return "--params"
        file = self._file(key, path)
        return self._shown(file) if file else None

    def layer(self, key: str, path: Sequence[str | int]) -> int:
        """Return how far inside the value at a path was written: the highest of all is `--params`."""
        layers = self.layers()
        if _holds(self.runtime_params, path):
            return len(layers)
        file = self._file(key, path)
        folders = [Path(self._get_conf_env_path(layer)) for layer in layers]
        holding = [place for place, folder in enumerate(folders) if file and folder in file.parents]
        return max(holding, default=0)

    def texts(self, *keys: str) -> Iterator[str]:
        """Yield what the files of all layers hold that Kedro reads for these keys, as it is written.

        Raises:
            OSError, ValueError: a file cannot be read so.
        """
        folders = [Path(self._get_conf_env_path(layer)).as_posix() for layer in self.layers()]
        patterns = [pattern for key in keys for pattern in self.config_patterns[key]]
        for folder in folders:
            for path in {path for pattern in patterns for path in self._fs.glob(f"{folder}/{pattern}")}:
                if self._fs.isfile(path):
                    with self._fs.open(path) as file:
                        yield file.read().decode("utf-8")

    def _file(self, key: str, path: Sequence[str | int]) -> Path | None:
        if key not in self._contents:
            self._read_raw_config(key)
        files = self._contents[key].items()
        return next((file for file, content in reversed(files) if _holds(content, path)), None)

    def _read_raw_config(
        self, key: str
    ) -> tuple[dict[Path, DictConfig], dict[Path, DictConfig], str, str, set[Path]]:
        """Read the layers in order as if they were files of one folder: Kedro merges them in that order."""
        files: set[Path] = set()
        merged: dict[Path, DictConfig] = {}
        for layer in self.layers():
            read = self._read_layer(key, layer, files)
            if self.merge_strategy.get(key) != "soft":
                replaced = {name for config in read.values() for name in config}
                merged = {file: _without(config, replaced) for file, config in merged.items()}
            merged |= read
        contents = {file: _plain(config) for file, config in merged.items()}
        self._contents[key] = contents
        own = self.runtime_params if key == "parameters" else {}
        written = [(self._shown(file), content) for file, content in contents.items()]
        *fitting, own = fitting_layers([*written, ("--params", own)])
        if key == "parameters":
            self.runtime_params = own
        changed = {
            file: OmegaConf.create(fit)
            for (file, content), fit in zip(contents.items(), fitting, strict=True)
            if fit != content  # to make a configuration of plain groups takes long
        }
        merged |= changed
        paths = [self._get_conf_env_path(layer) for layer in self.layers()]
        return merged, {}, paths[0], " or ".join(paths[1:]), files

    def _read_layer(self, key: str, layer: str, files: set[Path]) -> dict[Path, DictConfig]:
        folder = self._get_conf_env_path(layer)
        require_readable(Path(folder))  # Kedro would find no files in it, and go on without them
        if not self._has(layer):
            raise UserError(self._no_such_environment(layer))
        try:
            read: dict[Path, DictConfig] = self._read_dir_configs(
                folder, self.config_patterns[key], key, files, key == "credentials"
            )
        except (YAMLError, UnicodeDecodeError) as error:
            cause = error.__cause__ or error
            raise UserError(f"A file in {folder} is not valid YAML: {error}\n{cause}") from error
        except ValueError as error:
            if "Duplicate keys" in str(error):
                raise UserError(f"Two files of one folder set the same key. {error}") from error
            raise UserError(f"A file in {folder} holds what cannot be read: {error}") from error
        except RecursionError as error:
            raise UserError(f"A file in {folder} has groups or lists too deep inside one another.") from error
        return dict(sorted(read.items()))

    def _check_duplicates(self, key: str, config_per_file: dict[Path, Any]) -> None:
        for file, config in config_per_file.items():
            if not isinstance(config, DictConfig):
                raise UserError(
                    f"{self._shown(file)} holds a list, expected groups: a name, a colon, a value."
                )
        super()._check_duplicates(key, config_per_file)

    def _shown(self, file: Path) -> str:
        folder = Path(self.conf_source).absolute().parent
        return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.as_posix()

    def _has(self, layer: str) -> bool:
        return bool(self._fs.isdir(Path(self._get_conf_env_path(layer)).as_posix()))

    def _no_such_environment(self, layer: str) -> str:
        if layer == self.base_env:
            return f"There is no configuration: the folder {self._get_conf_env_path(layer)} does not exist."
        names = self._environments()
        there = f"There are: {', '.join(names)}." if names else "There are none beside base and local."
        return (
            f"There is no configuration environment {layer!r} (named by --env or KEDRO_ENV)"
            f"{did_you_mean(nearest_names(layer, names))} {there} Each is a folder in {self.conf_source}."
        )

    def _environments(self) -> list[str]:
        folders = (Path(each["name"]) for each in self._fs.ls(str(self.conf_source), detail=True))
        names = sorted(folder.name for folder in folders if self._has(folder.name))
        return [
            name for name in names if name not in {self.base_env, self.default_run_env} and name[0] != "."
        ]


def _plain(config: DictConfig) -> dict[str, Any]:
    content: dict[str, Any] = OmegaConf.to_container(config, resolve=False)  # type: ignore[assignment]
    return content


def _without(config: DictConfig, names: Container[object]) -> DictConfig:
    if not any(name in names for name in config):
        return config  # to copy it takes long
    return OmegaConf.masked_copy(config, [str(name) for name in config if name not in names])


def _holds(container: object, path: Sequence[str | int]) -> bool:
    """Whether nested groups set the value at a path; a list is one value."""
    for part in path:
        if not isinstance(container, dict):
            return True
        if part not in container:
            return False
        container = container[part]
    return True
