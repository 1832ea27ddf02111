/* A stand-in for TightVNC's server, for tests under Wine. Built as tvnserver.exe it is 2.8.27, as WinVNC.exe 1.3.10.
 *
 * It takes command lines as they do, and really dials: banner 003.008, types 1 and 16 (2 and 16 after -dispatch, with a
 * challenge that is checked against the registry's password), ServerInit, then silence. Sources, by file of TightVNC:
 * tvnserver/tvnserver.cpp, tvncontrol-app/ControlCommandLine.cpp, rfb/HostPath.cpp, tvncontrol-app/DispatchCommand.cpp,
 * tcp-dispatcher/TcpDispatcherInitializer.cpp, rfb-sconn/RfbInitializer.cpp; 1.3: winvnc/WinVNC.cpp.
 *
 * Where the real one shows a message box this one writes `box` into its diary and exits as the real one does.
 * The diary is the file named by STAND_IN_DIARY: one line for each thing that happened.
 *
 * x86_64-w64-mingw32-gcc -O1 -Wall -mwindows tvnserver.c -o tvnserver.exe -lws2_32 -ladvapi32
 */
#define _WIN32_WINNT 0x0501
#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CALLS 16

static int old;                 /* 1.3 */
static int service;             /* run by the service manager */
static const char *key;         /* where the settings are */
static SOCKET calls[MOST_CALLS];
static CRITICAL_SECTION lock;

/* --- The diary ---------------------------------------------------------------------------------- */

static void note(const char *format, ...)
{
    char line[1024];
    const char *path = getenv("STAND_IN_DIARY");
    va_list values;
    DWORD written;
    HANDLE file;

    if (!path)
        return;
    va_start(values, format);
    vsnprintf(line, sizeof line - 2, format, values);
    va_end(values);
    strcat(line, "\n");
    file = CreateFileA(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    if (file != INVALID_HANDLE_VALUE) {
        WriteFile(file, line, strlen(line), &written, NULL);
        CloseHandle(file);
    }
}

static int box(const char *text)
{
    note("box %s", text);
    return 1;
}

/* --- Settings ----------------------------------------------------------------------------------- */

static HKEY root(void) { return service ? HKEY_LOCAL_MACHINE : HKEY_CURRENT_USER; }

static DWORD number(const char *name, DWORD otherwise)
{
    DWORD value, size = sizeof value;
    if (RegGetValueA(root(), key, name, RRF_RT_REG_DWORD, NULL, &value, &size) != ERROR_SUCCESS)
        return otherwise;
    return value;
}

static int kept_password(BYTE *password)
{
    DWORD size = 8;
    return RegGetValueA(root(), key, "Password", RRF_RT_REG_BINARY, NULL, password, &size) == ERROR_SUCCESS && size == 8;
}

/* --- DES, by Windows ---------------------------------------------------------------------------- */

static BYTE mirrored(BYTE byte)
{
    BYTE made = 0;
    int bit;
    for (bit = 0; bit < 8; bit++)
        if (byte & (1 << bit))
            made |= 0x80 >> bit;
    return made;
}

static int des(const BYTE *password, BYTE *block, int encrypt)
{
    struct { BLOBHEADER header; DWORD size; BYTE key[8]; } blob = {
        { PLAINTEXTKEYBLOB, CUR_BLOB_VERSION, 0, CALG_DES }, 8, { 0 } };
    DWORD mode = CRYPT_MODE_ECB, length = 8;
    HCRYPTPROV provider;
    HCRYPTKEY made;
    int at, ok;

    for (at = 0; at < 8; at++)
        blob.key[at] = mirrored(password[at]);
    if (!CryptAcquireContextA(&provider, NULL, MS_ENHANCED_PROV_A, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT))
        return 0;
    ok = CryptImportKey(provider, (BYTE *)&blob, sizeof blob, 0, 0, &made)
        && CryptSetKeyParam(made, KP_MODE, (BYTE *)&mode, 0)
        && (encrypt ? CryptEncrypt(made, 0, FALSE, 0, block, &length, 8)
                    : CryptDecrypt(made, 0, FALSE, 0, block, &length));
    CryptReleaseContext(provider, 0);
    return ok;
}

/* --- One call ----------------------------------------------------------------------------------- */

typedef struct { char host[256]; int port; int dispatch; unsigned long id; } Call;

static int get(SOCKET s, void *data, int count)
{
    char *at = data;
    while (count > 0) {
        int got = recv(s, at, count, 0);
        if (got <= 0)
            return 0;
        at += got;
        count -= got;
    }
    return 1;
}

static int put(SOCKET s, const void *data, int count) { return send(s, data, count, 0) == count; }

static int reason(SOCKET s, const char *text)
{
    BYTE size[5] = { 0, 0, 0, 0, (BYTE)strlen(text) };
    note("refused %s", text);
    put(s, size, 5);
    put(s, text, strlen(text));
    return 0;
}

static int dispatcher(SOCKET s, unsigned long id)
{
    BYTE greeting[12], count, versions[255], ping;
    BYTE answer[10] = { 3, 0, id >> 24, id >> 16, id >> 8, id, 1, 0, 1, 0 };

    if (!get(s, greeting, 12) || memcmp(greeting, "TCPDISPATCH\n", 12) || !get(s, &count, 1) || !count
        || !get(s, versions, count) || !memchr(versions, 3, count))
        return 0;
    if (!put(s, answer, 10) || !get(s, &count, 1) || (count && !get(s, versions, count)))
        return 0;
    for (;;) {
        if (!get(s, &ping, 1))
            return 0;
        if (ping)
            return 1;
        put(s, "", 1);
    }
}

static int challenge(SOCKET s)
{
    static const BYTE fixed[8] = { 23, 82, 107, 6, 35, 78, 88, 7 };
    BYTE password[8], sent[16], got[16];
    int at;

    for (at = 0; at < 16; at++)
        sent[at] = (BYTE)(at * 11 + GetTickCount());
    if (!put(s, sent, 16) || !get(s, got, 16))
        return 0;
    if (!kept_password(password))
        return reason(s, "Server is not configured properly");
    if (!des(fixed, password, 0) || !des(password, sent, 1) || !des(password, sent + 8, 1))
        return reason(s, "no DES");
    if (memcmp(sent, got, 16))
        return reason(s, "Authentication failed");
    note("password right");
    return 1;
}

static int greet(SOCKET s, int asks)
{
    char version[12], name[MAX_COMPUTERNAME_LENGTH + 1] = "";
    DWORD size = sizeof name;
    BYTE chosen, shared, types[3] = { 2, asks ? 2 : 1, 16 };
    BYTE init[24] = { 640 >> 8, 640 & 255, 480 >> 8, 480 & 255, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0 };

    if (!put(s, "RFB 003.008\n", 12) || !get(s, version, 12))
        return 0;
    if (asks && !kept_password((BYTE[8]){ 0 })) {
        put(s, "", 1);
        return reason(s, "Server is not configured properly") && 0;
    }
    if (!put(s, types, 3) || !get(s, &chosen, 1) || chosen != types[1])
        return 0;
    if ((asks && !challenge(s)) || !put(s, "\0\0\0", 4) || !get(s, &shared, 1))
        return 0;
    GetComputerNameA(name, &size);
    init[23] = (BYTE)strlen(name);
    return put(s, init, 24) && put(s, name, strlen(name));
}

static DWORD WINAPI dial(void *given)
{
    Call call = *(Call *)given;
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    struct hostent *host = gethostbyname(call.host);
    struct sockaddr_in address = { AF_INET, htons((u_short)call.port) };
    char rest[512];
    int at;

    free(given);
    if (!host) {
        note("unknown host");
        return 0;
    }
    memcpy(&address.sin_addr, host->h_addr, 4);
    if (connect(s, (struct sockaddr *)&address, sizeof address)) {
        note("not connected");
        return 0;
    }
    EnterCriticalSection(&lock);
    for (at = 0; at < MOST_CALLS - 1 && calls[at]; at++)
        ;
    calls[at] = s;
    LeaveCriticalSection(&lock);
    note("connected");
    if ((!call.dispatch || dispatcher(s, call.id)) && greet(s, call.dispatch && number("UseVncAuthentication", 1))) {
        note("greeted");
        while (recv(s, rest, sizeof rest, 0) > 0)
            ;
    }
    EnterCriticalSection(&lock);
    if (calls[at] == s)
        closesocket(s);
    calls[at] = 0;
    LeaveCriticalSection(&lock);
    note("disconnected");
    return 0;
}

static void hang_up(void)
{
    int at;
    EnterCriticalSection(&lock);
    for (at = 0; at < MOST_CALLS; at++)
        if (calls[at]) {
            closesocket(calls[at]);
            calls[at] = 0;
        }
    LeaveCriticalSection(&lock);
}

/* host, host::port, host:port (up to 99: display); letters, digits, dot, dash, underscore. No match: dropped. */
static int parse_host(const char *text, int base, Call *call)
{
    const char *end = text;
    int display = 1;

    while (isalnum((unsigned char)*end) || (*end && strchr(".-_", *end)))
        end++;
    if (end == text || end - text > 255)
        return 0;
    memcpy(call->host, text, end - text);
    call->port = base;
    if (!*end)
        return 1;
    if (*end++ != ':')
        return 0;
    if (*end == ':') {
        display = 0;
        end++;
    }
    if (!*end || strspn(end, "0123456789") != strlen(end) || strlen(end) > 5)
        return 0;
    call->port = atoi(end);
    if (display && call->port <= 99)
        call->port += base;
    return 1;
}

/* --- The running server ------------------------------------------------------------------------- */

static const char *pipe_name(int of_service)
{
    if (old)
        return "\\\\.\\pipe\\StandIn_WinVNC";
    return of_service ? "\\\\.\\pipe\\TightVNC_Service_Control"
                      : "\\\\.\\pipe\\TightVNC_Application_Control_On_Session_1";
}

/* Answers whether to go on. */
static int obey(const char *command, char *value)
{
    Call *call = calloc(1, sizeof *call);
    char *id = strchr(value, '/');

    note("told %s %s", command, value);
    if (!strcmp(command, "connect") && parse_host(value, 5500, call)) {
        CreateThread(NULL, 0, dial, call, 0, NULL);
        return 1;
    }
    if (!strcmp(command, "dispatch")) {
        call->dispatch = 1;
        call->id = id ? strtoul(id + 1, NULL, 10) : 0;
        if (id)
            *id = 0;
        if (parse_host(value, 5900, call)) {
            CreateThread(NULL, 0, dial, call, 0, NULL);
            return 1;
        }
    }
    free(call);
    if (!strcmp(command, "disconnectall") || !strcmp(command, "killallclients"))
        hang_up();
    return strcmp(command, "shutdown") && strcmp(command, "kill");
}

static void listen_where_set(void)
{
    struct sockaddr_in address = { AF_INET };
    SOCKET s;
    if (!number(old ? "SocketConnect" : "AcceptRfbConnections", 1))
        return;
    s = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons((u_short)number(old ? "PortNumber" : "RfbPort", 5900));
    note("listens %d", !bind(s, (struct sockaddr *)&address, sizeof address) && !listen(s, 5));
}

static int run(void)
{
    char line[600];
    DWORD got;
    HANDLE pipe = CreateNamedPipeA(pipe_name(service), PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                   PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 1, 600, 600, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE)
        return box("already running");
    note("runs http=%lu files=%lu", number("AcceptHttpConnections", 1), number("EnableFileTransfers", 1));
    listen_where_set();
    for (;;) {
        int go_on = 1;
        char *value;
        if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
            return 1;
        if (ReadFile(pipe, line, sizeof line - 1, &got, NULL)) {
            line[got] = 0;
            value = strchr(line, ' ');
            *value++ = 0;
            go_on = obey(line, value);
            WriteFile(pipe, "", 1, &got, NULL);
            FlushFileBuffers(pipe);
        }
        DisconnectNamedPipe(pipe);
        if (!go_on)
            break;
    }
    hang_up();
    note("shut down");
    return 0;
}

/* --- The command line --------------------------------------------------------------------------- */

static int tell(int of_service, const char *command, const char *value)
{
    char line[600], answer;
    DWORD got;
    HANDLE pipe = CreateFileA(pipe_name(of_service), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE)
        return box(old ? "No existing instance of WinVNC could be contacted" : "Failed to connect to TightVNC Server.");
    snprintf(line, sizeof line, "%s %s", command, value);
    WriteFile(pipe, line, strlen(line), &got, NULL);
    ReadFile(pipe, &answer, 1, &got, NULL);
    CloseHandle(pipe);
    return 0;
}

/* The first character of a key is dropped, whatever it is, and case does not count. */
static const char *as_key(char *text)
{
    return *text ? _strlwr(text + 1) : text;
}

static int takes_value(const char *command)
{
    return !strcmp(command, "connect") || !strcmp(command, "dispatch");
}

static int control(int of_service, int count, char **words)
{
    static const char *known[] = { "connect", "dispatch", "disconnectall", "reload", "shutdown", "sharefull", NULL };
    const char *command = count ? as_key(words[0]) : "";
    int at, wanted = takes_value(command) ? 2 : 1;
    for (at = 0; known[at] && strcmp(command, known[at]); at++)
        ;
    /* One command each time; -passfile FILE may follow. */
    if (!known[at] || (count != wanted && !(count == wanted + 2 && !strcmp(as_key(words[wanted]), "passfile"))))
        return box("usage");
    return tell(of_service, command, wanted == 2 ? words[1] : "");
}

static int two(int count, char **words)
{
    const char *first = count ? as_key(words[0]) : "run";
    if (!strcmp(first, "run") && count < 2)
        return run();
    if (!strcmp(first, "controlapp"))
        return control(0, count - 1, words + 1);
    if (!strcmp(first, "controlservice"))
        return control(1, count - 1, words + 1);
    return box("usage");
}

/* Left to right; -run never comes back, so nothing behind it is done. */
static int one(int count, char **words)
{
    int at, status = 0;
    for (at = 0; at < count; at++) {
        const char *word = as_key(words[at]);
        if (!strcmp(word, "run"))
            return run();
        if (!strcmp(word, "connect"))
            status = tell(0, word, at + 1 < count ? words[++at] : "");
        else if (!strcmp(word, "killallclients") || !strcmp(word, "kill"))
            status = tell(0, word, "");
        else
            return box("usage");
    }
    return status;
}

/* --- The service -------------------------------------------------------------------------------- */

static SERVICE_STATUS_HANDLE status_handle;

static void tell_state(DWORD state)
{
    SERVICE_STATUS status = { SERVICE_WIN32_OWN_PROCESS, state, SERVICE_ACCEPT_STOP };
    SetServiceStatus(status_handle, &status);
}

static void WINAPI on_control(DWORD what)
{
    if (what == SERVICE_CONTROL_STOP) {
        tell_state(SERVICE_STOPPED);
        ExitProcess(0);
    }
}

static void WINAPI service_main(DWORD count, char **words)
{
    status_handle = RegisterServiceCtrlHandlerA("tvnserver", on_control);
    tell_state(SERVICE_RUNNING);
    run();
    tell_state(SERVICE_STOPPED);
}

int main(int count, char **words)
{
    char program[MAX_PATH];
    WSADATA winsock;

    GetModuleFileNameA(NULL, program, sizeof program);
    old = strstr(_strlwr(program), "winvnc") != NULL;
    key = old ? "Software\\ORL\\WinVNC3" : "Software\\TightVNC\\Server";
    service = !old && count == 2 && !strcmp(words[1], "-service");
    WSAStartup(MAKEWORD(2, 2), &winsock);
    InitializeCriticalSection(&lock);
    if (service) {
        SERVICE_TABLE_ENTRYA table[] = { { "tvnserver", service_main }, { NULL, NULL } };
        return !StartServiceCtrlDispatcherA(table);
    }
    return old ? one(count - 1, words + 1) : two(count - 1, words + 1);
}
