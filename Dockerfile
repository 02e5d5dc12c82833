# A static binary in an image without shell and package manager, run by a user
# without rights. The data directory is a volume: put topicpilot.yml beside it.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /topicpilot ./cmd/topicpilot \
    && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /topicpilot /topicpilot
COPY --from=build --chown=nonroot:nonroot /data /data
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/topicpilot"]
CMD ["run", "--config", "/data/topicpilot.yml"]
