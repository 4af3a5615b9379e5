# The project in a container, with the versions of constraints.txt. It runs as a person without rights, and keeps
# data, networks and the record of runs in the volume /work; the configuration is in /conf.
#
#   docker build --tag image-classification .
#   docker run --rm --volume classifier:/work image-classification
#
# That trains. More: src/image_classification/deployment/README.md

FROM python:3.11.14-slim-bookworm AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /build

# The address of a package index with builds of PyTorch for processors alone, which are gigabytes smaller. Both
# packages come from it, as torchvision works with its own build of torch only.
ARG TORCH_INDEX=""
COPY pyproject.toml constraints.txt ./
RUN if [ -n "$TORCH_INDEX" ]; then \
      pip install --index-url "$TORCH_INDEX" --no-deps --constraint constraints.txt torch torchvision; \
    fi

# The libraries are a layer of their own: after a change of the code they need not be installed again.
ARG EXTRAS="export serve"
RUN python -c "import sys, tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
      extras = [project['optional-dependencies'][name] for name in sys.argv[1:]]; \
      print(*project['dependencies'], *sum(extras, []), sep='\n')" $EXTRAS > requirements.txt \
    && pip install --constraint constraints.txt --requirement requirements.txt

COPY README.md LICENSE ./
COPY src ./src
RUN pip install --no-deps . \
    && pip check \
    && python -c "import torchvision"

FROM python:3.11.14-slim-bookworm

COPY --from=build /opt/venv /opt/venv
COPY conf /conf
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --uid 1000 --create-home learner && install --directory --owner learner /work
USER 1000
WORKDIR /work
VOLUME ["/work"]
EXPOSE 8000

ENTRYPOINT ["image-classification"]
CMD ["run", "--conf-source", "/conf", "--pipeline", "training"]
