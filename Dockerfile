# Two images from one set of pins, for CPU and GPU alike, because the pinned torch runs on both.
#
#   docker build --target guest --tag autograder-guest .      what student code sees: interpreter and pinned packages, nothing of ours
#   docker build --tag autograder .                           the grader: package and assignments; answers are shown to it when it runs
#
# The grader in its container makes its own wall with bubblewrap, which needs user namespaces; Docker's default profile refuses them:
#
#   docker run --rm --init --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
#       --mount type=bind,src="$PWD/reference_solutions",dst=/course/reference_solutions,readonly \
#       --mount type=bind,src="$PWD/submissions",dst=/submissions,readonly --mount type=bind,src="$PWD/out",dst=/out \
#       autograder grade /submissions --assignment vae --out /out/vae
#
# Never show a container the engine's socket. Student code in containers: run the grader on the host with --sandbox docker.
# `doctor` proves the wall, and answers the health check.
ARG BASE=debian:bookworm-20250811-slim@sha256:b1a741487078b369e78119849663d7f1a5341ef2768798f7b7406c4240f86aef

FROM ${BASE} AS python
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/venv

# The packages by their names in pyproject.toml, at the versions of constraints.txt. The package itself is in no layer of `guest`.
FROM python AS guest
COPY constraints.txt pyproject.toml /pins/
RUN python3 -c "import tomllib; project = tomllib.load(open('/pins/pyproject.toml', 'rb'))['project']; \
print(*project['dependencies'], *project['optional-dependencies']['course'], sep='\n')" > /pins/wanted.txt \
    && /opt/venv/bin/pip install --no-cache-dir -c /pins/constraints.txt -r /pins/wanted.txt \
    && rm -rf /pins
USER 65534:65534
WORKDIR /tmp
CMD ["/opt/venv/bin/python3", "--version"]

FROM guest AS grader
USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /course
COPY constraints.txt pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY autograder ./autograder
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps -c constraints.txt .
COPY course.yaml ./
COPY assignments ./assignments
RUN useradd --create-home --uid 10001 grader && mkdir /out && chown grader /out /course
ENV PATH=/opt/venv/bin:/usr/bin:/bin
USER grader
HEALTHCHECK --interval=5m --timeout=60s CMD ["autograder", "doctor"]
ENTRYPOINT ["autograder"]
CMD ["doctor"]
