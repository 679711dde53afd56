#pragma once

// Keys for tests. Anybody may know them: those of RSA, P-256 and Ed25519 are from RFC 7515, A.2 and A.3, and RFC 8037,
// A.1.
namespace luminate::server::auth::test_keys {

inline constexpr const char* kRsaPrivate =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXO\n"
    "jS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxL\n"
    "aYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNn\n"
    "juygxmj3AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5\n"
    "ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkf\n"
    "toaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHg\n"
    "VFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyW\n"
    "PEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe46sui395IW/G\n"
    "O+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzj\n"
    "kn439X0M/V51gfpRLI9JYanrC4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6\n"
    "XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneufuBiB\n"
    "4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0K\n"
    "pLttoLhyt3SmqdEf/kgHePDdtzEafpAu+cS191R2JiuoF2yzWXnwFDcqGigp5BNr\n"
    "0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqE\n"
    "lMGAg+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6\n"
    "kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAP\n"
    "rq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNw\n"
    "kgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp\n"
    "5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgwo59dkpN75gJLVds2\n"
    "9+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/\n"
    "evpitUf+4JYbLpvNXWcY052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcG\n"
    "yoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+CCoRjaZj\n"
    "OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2\n"
    "tOgrjbcrfvtQJipd+DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3\n"
    "ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56\n"
    "03k2+ZQwVK0JKSHuLFkuQ3U=\n"
    "-----END PRIVATE KEY-----\n";

inline constexpr const char* kRsaPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj\n"
    "NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz\n"
    "P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo\n"
    "9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB\n"
    "EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX\n"
    "FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp\n"
    "oQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr const char* kEcPrivate =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
    "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
    "-----END PRIVATE KEY-----\n";

inline constexpr const char* kEcPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr const char* kEdPrivate =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

inline constexpr const char* kEdPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr const char* kRsa1024Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCzt0RFXRjVqDSNPYR3m3tK/rAu\n"
    "g1KiR96MxVSXlV9Hhz2O8nILuUr/uYfl2AonL2aAMzfQSH7/RY3Hd4fdmGB/oTyn\n"
    "3BsFDHDcc54w+wAOwfEFRiSUHkxMzpHMUUAt6yBfpNsJtiIQ743xlY9lvtsLEF1E\n"
    "xVb8CvMRsqFfmfU9/QIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr const char* kEcP384Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE/7xMxL0jmzEub2L1ABUS8SAMcLO6R2yn\n"
    "4hgGbJix4BblXtF1FyVC8vxu9ITn0AS6S99Obj8E2JNjjkzHkp4h9aMwMqu5kAiY\n"
    "XlUhALi/5aTC17Y+z89EoO6dmUTieSRy\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr const char* kEd448Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MEMwBQYDK2VxAzoAZF4ZXIxqCQTAvf38k8613bWF0tforZ4uRqdoV4Up8sX0DgHV\n"
    "MoGDJ2yIBJCjBkLKUv1sArLHeC4A\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr const char* kX25519Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VuAyEAWXNOUNszZQsYgg4XTmkFwG4HFe8yTFX2Zh2XRKHSE1I=\n"
    "-----END PUBLIC KEY-----\n";

/// Whose exponent is 1, so that every message is its own signature.
inline constexpr const char* kRsaExponent1Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAofgWCuLjybRlzo0tZWJj\n"
    "NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz\n"
    "P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo\n"
    "9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB\n"
    "EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX\n"
    "FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp\n"
    "oQIBAQ==\n"
    "-----END PUBLIC KEY-----\n";

// Those of somebody else.
inline constexpr const char* kOtherRsaPrivate =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDDo35N0gKbqX+l\n"
    "pzl7URuw4CFZAlk11SSyqdwFfao32uQVUFDtD7/wlIL1yCMLiFVhvaMKQDmmXhmy\n"
    "95GIX9Wbwyh5wo2MNxYTBm8a72DGlnea/PoLlun8FVOHpOWnWGLwmRKQxP2Snx+N\n"
    "13QwLcAnHZY0L7zniLe2ybEcAwKKyoE+gC/xLB1nvHfBzg4P6enrMp41rokuvil2\n"
    "/KU5SCkea9O00SD46lqzZp0uSWb15lsjSgRVAMiapluZLz3okx9fj4siEGNW802z\n"
    "3cwVfHb/OqfqetsB6cs5no/JgxpTSz9eoBLVCOibNXnBa9avWFd9zM9kdoEZZq+W\n"
    "mKGoRoSBAgMBAAECggEAAzAq4sHFYRwGBIERIr1TojJE2Np88a+jhXXXLA+8MmTS\n"
    "yrYgW3yiOB1zdOXqDEoQeiNJAOXDCr8F1DDMolhNdthbVICjJeHP7kdwkBPOk+3n\n"
    "zRLKUF4JOh5u2gsJ4wxBsIIOF2XebAFD1l/oeNCGDR0iUX9lqLBFrijjRf2WkQRs\n"
    "fU6u3OvJlp4B3RFDbHDbNsVTDLuT+bb91jKw8lxxfSkr78iMitRNJPiXsbD5EQzA\n"
    "0O/tmI/+yBRAmJLruDEqhIOGsW9F75uo4+I5F7492JxXMK/Q2O5S9Q6qWK0uY2Iy\n"
    "/po1pSePkHU/UpjgBcJmS/t/M53ZtleOZQ8DQvbIcQKBgQDywu15BLlq2Z/lAbOu\n"
    "di6stiHolOu22EcvQO6RZfC2qC2fvds9Ozz1TsZ/Oj78r3EqC1RC4zsyL7mnDYG9\n"
    "iWkChqSw26Z7LLHL9dfvrsj72HckIeJolFIVUtuiFISnQ6bbx/bm9ygqRWlP9akj\n"
    "ab0fYglfDSweWpn3fUb3Jvb8ewKBgQDOTrUwyUu+cXHKlSqOLFxmhm8xx3EnXHcV\n"
    "uzOs+0cu9hWrlgFRMX12WLQXpy06zyFUKf+x/GqonfkCAq9ZRgX8zeF0aWsEPQyn\n"
    "PrcBUrnPzRIvKaw2zavfRzYgrmVD8cdLbSTMI5TTbJ08DOliGeEyvlRp14SN2GId\n"
    "laA2BC0oMwKBgGTxXvNqXnsqoM0FxyQtKj1QworGmbj+96KTel/lJpGdHtOEi4xL\n"
    "fI54QhuXKafCf+i+qzvg5rV4mNb4y9D3OT3+pK6RtwkSzZ+Ey1RztkjaergAivd3\n"
    "bSZGvOMJaxtuCwzqeiUR8paZJDBGcx0xk51gE4t9m7HHdKwvYHnWru7PAoGBAMvq\n"
    "PetXu5ckOE39PE/EhxwLWpLASBaYrVf8bapXv9cqAudTYD/pg9HbAT6zzd/n5VB0\n"
    "Jri8/otlgT88eibqMHbc5DAVFmLdGMmiEm6rXt+HGacmMIMGrRAHKfgJiCwtKUhj\n"
    "O9DOhoanP46gUHnXjKCEQZlQHUO6kdgeEXnyjNPDAoGATnqfa9ytKZvZTSf3MHda\n"
    "3WZm1l3/NeACs025ab13dhvJ0QoLpPn4pmNuNsro2m61/7qeZdJ24+WR9jdP3Lyz\n"
    "BHKGA1Vy0mmLrJ0KS7jByzVgPIjKNWGn4WB3LBEJQjpp91S8lHyD2R9zQ8PDgGKQ\n"
    "lZm12DNvW73oLBPzjL+JU1U=\n"
    "-----END PRIVATE KEY-----\n";

inline constexpr const char* kOtherEcPrivate =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGmMzgW3cS71/Qy+s\n"
    "oTCESuWdJOCv3tcNU8HyyYUlR0ihRANCAAToYOLV5gm0Azt4vnQvsfb/9OttqoDY\n"
    "8ZtjgMrrPq+NRCSoYryV63ez5bSl8XKNf9xQtETIDOdEIPJK8OAN+vm4\n"
    "-----END PRIVATE KEY-----\n";

inline constexpr const char* kOtherEdPrivate =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIDuaMZNemgDEWhbuH6Fya9kI+9DYsI52YOOdEgcH33yT\n"
    "-----END PRIVATE KEY-----\n";

inline constexpr const char* kSecret = "a secret of 32 bytes for tests..";

}  // namespace luminate::server::auth::test_keys
