"""Make a virtual environment: `python3 .ci/environment.py FOLDER PACKAGE...`, as pip takes them.

With uv if it is on PATH, else with venv and pip, else with virtualenv, which pip fetches into
the new folder only. `--group dev` adds the project's dependency group of that name.
"""

import os
import shutil
import subprocess
import sys
import time

OLDEST = (3, 11)


def main(folder, packages):
    begun = time.time()
    uv = shutil.which("uv")
    if sys.version_info < OLDEST and not uv:
        found = ".".join(str(part) for part in sys.version_info[:2])
        raise SystemExit(
            f"Python 3.11 or later is needed, and this is {found}. "
            "Name another one: make PYTHON=python3.12"
        )
    # Without bytecode `import gradio` takes twice as long, in every run.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.pop("VIRTUAL_ENV", None)
    print(f"environment: {folder}, with {'uv' if uv else 'pip'}; a minute or two ...", flush=True)
    if uv:
        python = sys.executable if sys.version_info >= OLDEST else ">=3.11"
        run([uv, "venv", "--quiet", "--clear", "--python", python, folder])
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", folder]
    else:
        venv(folder)
        pip = [program(folder, "python"), "-m", "pip", "--disable-pip-version-check"]
        run([*pip, "install", "--quiet", "--upgrade", "pip>=25.1"])  # the first with --group
        install = [*pip, "install", "--quiet"]
    run([*install, *packages])
    print(f"environment: {folder} is ready after {time.time() - begun:.0f} s", flush=True)


def venv(folder):
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", folder], stdout=-3, stderr=-3, check=False
    )
    if made.returncode == 0:
        return
    shutil.rmtree(folder, ignore_errors=True)
    tool = os.path.join(folder, "virtualenv")
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--target", tool, "virtualenv"]
    if subprocess.run(fetch, stdout=-3, stderr=-3, check=False).returncode:
        raise SystemExit(
            "This Python cannot make virtual environments. Install its venv module "
            "(Debian, Ubuntu: apt-get install python3-venv) or uv, and try again."
        )
    paths = os.environ.get("PYTHONPATH", "")
    search = os.pathsep.join([os.path.abspath(tool), *filter(None, [paths])])
    run(
        [sys.executable, "-m", "virtualenv", "--quiet", folder],
        env=dict(os.environ, PYTHONPATH=search),
    )
    shutil.rmtree(tool)


def program(folder, name):
    return os.path.join(folder, "Scripts" if os.name == "nt" else "bin", name)


def run(command, env=None):
    done = subprocess.run(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
        raise SystemExit(f"environment: failed: {' '.join(command)}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
