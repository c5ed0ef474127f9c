import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, messageOf, ok } from "../api/client";
import { meKey } from "../api/session";
import "./login.css";

type Credentials = { staff_no: string; password: string };

export function LoginPage() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const login = async (body: Credentials) => {
    setBusy(true);
    setProblem(null);
    try {
      client.setQueryData(meKey, await ok(api.POST("/api/v1/login", { body })));
      await navigate("/");
    } catch (error) {
      setProblem(messageOf(error));
      setBusy(false);
    }
  };

  return (
    <main className="login">
      <div className="login-card card">
        <img src="/favicon.svg" alt="" width={40} height={40} />
        <h1>95598 供电服务热线</h1>
        <p className="muted">座席与运行监控工作台</p>
        <Form<Credentials> layout="vertical" onFinish={(body) => void login(body)} size="large" requiredMark={false}>
          <Form.Item name="staff_no" label="工号" rules={[{ required: true, whitespace: true, message: "请输入工号" }]}>
            <Input autoFocus autoComplete="username" maxLength={8} data-testid="staff-no" />
          </Form.Item>
          <Form.Item name="password" label="密码" rules={[{ required: true, message: "请输入密码" }]}>
            <Input.Password autoComplete="current-password" data-testid="password" />
          </Form.Item>
          <div className="login-problem" role="alert" data-testid="login-problem">
            {problem && <Alert type="error" showIcon title={problem} />}
          </div>
          <Button type="primary" htmlType="submit" block loading={busy} data-testid="login">
            登录
          </Button>
        </Form>
        <p className="muted small">登录后为小休状态，准备好后按 F1 就绪</p>
      </div>
    </main>
  );
}
