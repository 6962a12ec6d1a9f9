# The grader in a container: one image for CPU and GPU, because the pinned torch runs on both.
#   docker build -t autograder .
#   docker run --rm --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
#       -v "$PWD/submissions:/submissions:ro" -v "$PWD/out:/out" autograder \
#       grade /submissions --assignment vae --out /out/vae
# bubblewrap needs user namespaces inside, which Docker's default profile refuses: hence the options. `doctor` proves the wall.
FROM debian:12-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap python3 python3-venv ca-certificates \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /course
COPY constraints.txt pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY autograder ./autograder
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir -c constraints.txt '.[course]'
ENV PATH=/opt/venv/bin:/usr/bin:/bin

COPY course.yaml ./
COPY assignments ./assignments
COPY reference_solutions ./reference_solutions

RUN useradd --create-home --uid 10001 grader && mkdir /out && chown grader /out /course
USER grader
HEALTHCHECK --interval=5m --timeout=60s CMD ["autograder", "doctor"]
ENTRYPOINT ["autograder"]
CMD ["doctor"]
