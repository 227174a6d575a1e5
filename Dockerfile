# The images of docker-compose.yml: pratique, postfix, clamd, mailbox.
#
# All of them are Debian and what Debian packages, so that one `docker-compose build --pull`
# brings the security fixes of everything but our Python packages (constraints.txt).
# `make images` carries these steps out without a container engine.

# Compilers and headers stay behind in this stage.
FROM debian:bookworm-slim AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        ca-certificates gcc g++ libc6-dev libmilter-dev python3-dev python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY src src
COPY deploy/install.sh deploy/
RUN sh deploy/install.sh /opt/pratique

FROM debian:bookworm-slim AS pratique
# The numbers are fixed: the image postfix puts its Postfix into the same group.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        libarchive13 libmagic1 libmilter1.0.1 libseccomp2 python3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10025 pratique \
    && useradd --uid 10025 --gid pratique --no-create-home --home-dir /var/lib/pratique \
        --shell /usr/sbin/nologin pratique \
    && install -d -o pratique -g pratique -m 0700 /var/lib/pratique \
    && install -d -o pratique -g pratique -m 0750 /run/pratique
COPY --from=build /opt/pratique /opt/pratique
COPY deploy/docker/pratique /etc/pratique
ENV PATH=/opt/pratique/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV PRATIQUE_CONFIG=/etc/pratique/pratique.toml
USER pratique
WORKDIR /var/lib/pratique
CMD ["pratique", "serve"]

FROM debian:bookworm-slim AS postfix
# The folder of the milter socket has the same owner here as in the image pratique: which
# of the two fills the volume first is not known.
RUN echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections \
    && apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postfix \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10025 pratique \
    && usermod --append --groups pratique postfix \
    && install -d -o 10025 -g pratique -m 0750 /var/spool/postfix/pratique
COPY deploy/docker/postfix/main.cf /etc/postfix/main.cf
# No chroot within the container: the engine's /etc/hosts and /etc/resolv.conf are not in it.
RUN postconf -F '*/*/chroot = n'
EXPOSE 25
CMD ["postfix", "start-fg"]

FROM debian:bookworm-slim AS clamd
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        ca-certificates clamav-daemon clamav-freshclam \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o clamav -g clamav -m 0755 /run/clamav
COPY deploy/docker/clamd/clamd.conf deploy/docker/clamd/freshclam.conf /etc/clamav/
USER clamav
CMD ["clamd", "--foreground"]

FROM debian:bookworm-slim AS mailbox
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        dovecot-imapd dovecot-lmtpd \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10026 mailbox \
    && useradd --uid 10026 --gid mailbox --no-create-home --home-dir /var/mailbox \
        --shell /usr/sbin/nologin mailbox \
    && install -d -o mailbox -g mailbox -m 0700 /var/mailbox
COPY deploy/docker/mailbox/dovecot.conf /etc/dovecot/dovecot.conf
USER mailbox
EXPOSE 10143
CMD ["dovecot", "-F"]
