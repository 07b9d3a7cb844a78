/* SPDX-License-Identifier: MIT
 * Check of virtio-net: a DHCP lease, asked for and acknowledged (RFC 2131, by hand: nothing but
 * this program runs in the guest). */
#include "checks.h"
#include "clock.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENT_PORT = 68, SERVER_PORT = 67, TRANSACTION = 0x766d6170 };
enum { BOOT_REQUEST = 1, BOOT_REPLY = 2 };
enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5 };
enum { OPTION_ADDRESS = 50, OPTION_TYPE = 53, OPTION_SERVER = 54, OPTION_END = 255 };

struct message {
    uint8_t op, hardware_type, hardware_length, hops;
    uint32_t transaction;
    uint16_t seconds, flags;
    uint32_t client, yours, server, relay;
    uint8_t hardware[16], name[64], file[128];
    uint8_t magic[4];
    uint8_t options[312];
} __attribute__((packed));

struct client {
    int socket;
    uint8_t mac[6];
};

static const uint8_t magic[4] = { 99, 130, 83, 99 };

/* Option @code of @message, if it is there with @length bytes. */
static const uint8_t *option_of(const struct message *message, uint8_t code, uint8_t length)
{
    for (size_t at = 0; at + 2 <= sizeof(message->options) && message->options[at] != OPTION_END;) {
        const uint8_t *option = message->options + at;

        if (option[0] == 0) {
            at++;
            continue;
        }
        if (option[0] == code && option[1] == length && at + 2 + length <= sizeof(message->options)) {
            return option + 2;
        }
        at += 2 + option[1];
    }
    return NULL;
}

static bool client_send(const struct client *client, uint8_t type, const struct message *offer)
{
    const struct sockaddr_in everyone = {
        .sin_family = AF_INET, .sin_port = htons(SERVER_PORT), .sin_addr.s_addr = INADDR_BROADCAST,
    };
    struct message message = {
        .op = BOOT_REQUEST,
        .hardware_type = 1,
        .hardware_length = 6,
        .transaction = htonl(TRANSACTION),
        .flags = htons(0x8000), /* we have no address yet: answer by broadcast */
    };
    uint8_t *option = message.options;

    memcpy(message.hardware, client->mac, sizeof(client->mac));
    memcpy(message.magic, magic, sizeof(magic));
    *option++ = OPTION_TYPE;
    *option++ = 1;
    *option++ = type;
    if (offer) {
        *option++ = OPTION_ADDRESS;
        *option++ = 4;
        memcpy(option, &offer->yours, 4);
        option += 4;
        *option++ = OPTION_SERVER;
        *option++ = 4;
        memcpy(option, option_of(offer, OPTION_SERVER, 4), 4);
        option += 4;
    }
    *option = OPTION_END;
    return sendto(client->socket, &message, sizeof(message), 0, (const struct sockaddr *)&everyone,
                  sizeof(everyone)) == sizeof(message);
}

/* Waits two seconds for an answer of @type to our transaction. */
static bool client_receive(const struct client *client, uint8_t type, struct message *message)
{
    double deadline = clock_now() + 2;

    while (clock_now() < deadline) {
        const uint8_t *own_type;
        ssize_t length;

        memset(message, 0, sizeof(*message));
        length = recv(client->socket, message, sizeof(*message), 0); /* gives up each second */
        if (length < (ssize_t)offsetof(struct message, options) || message->op != BOOT_REPLY ||
            message->transaction != htonl(TRANSACTION)) {
            continue;
        }
        own_type = option_of(message, OPTION_TYPE, 1);
        if (own_type && *own_type == type) {
            return true;
        }
    }
    return false;
}

/* Sends a message of type @ask until an answer of type @wanted comes. What is sent before the link
 * is up is lost, and says nothing about the device. */
static bool client_exchange(const struct client *client, uint8_t ask, const struct message *offer,
                            uint8_t wanted, struct message *answer)
{
    for (unsigned attempts = 0; attempts < 10; attempts++) {
        if (client_send(client, ask, offer) && client_receive(client, wanted, answer)) {
            return true;
        }
    }
    return false;
}

static bool client_open(struct client *client, struct report *report, const char *interface)
{
    const struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(CLIENT_PORT) };
    const struct timeval second = { .tv_sec = 1 };
    const int yes = 1;
    struct ifreq request = { 0 };

    client->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    if (!report_expect(report, !ioctl(client->socket, SIOCGIFHWADDR, &request),
                       "no network interface %s", interface)) {
        return false;
    }
    memcpy(client->mac, request.ifr_hwaddr.sa_data, sizeof(client->mac));
    request.ifr_flags = IFF_UP | IFF_BROADCAST | IFF_RUNNING;
    return report_expect(report,
                         !ioctl(client->socket, SIOCSIFFLAGS, &request) &&
                             !setsockopt(client->socket, SOL_SOCKET, SO_BROADCAST, &yes,
                                         sizeof(yes)) &&
                             !setsockopt(client->socket, SOL_SOCKET, SO_RCVTIMEO, &second,
                                         sizeof(second)) &&
                             !setsockopt(client->socket, SOL_SOCKET, SO_BINDTODEVICE, interface,
                                         strlen(interface)) &&
                             !bind(client->socket, (const struct sockaddr *)&here, sizeof(here)),
                         "cannot open a socket on %s", interface);
}

void check_dhcp(struct report *report)
{
    struct client client = { .socket = -1 };
    struct message offer, lease;

    if (client_open(&client, report, "eth0") &&
        report_expect(report, client_exchange(&client, DISCOVER, NULL, OFFER, &offer),
                      "no offer came") &&
        report_expect(report, option_of(&offer, OPTION_SERVER, 4), "the offer names no server") &&
        report_expect(report, client_exchange(&client, REQUEST, &offer, ACK, &lease),
                      "no lease came")) {
        report_expect(report, lease.yours && lease.yours == offer.yours,
                      "the lease is not what was offered");
    }
    if (client.socket >= 0) {
        close(client.socket);
    }
}
